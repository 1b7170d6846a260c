import { invalidField } from '../core/errors.ts';
import { sql } from '../platform/postgres/sql.ts';
import type { Api } from './api.ts';

/** Ids of the units that hrefs or PRNs name, looked up at once. 400 for texts that are none and for missing units. */
export async function contentIdsOf(api: Api, field: string, hrefs: readonly string[]): Promise<string[]> {
  if (hrefs.length === 0) return [];
  const wanted = new Map<string, string>();
  for (const href of hrefs) {
    const target = api.hrefs.parse(href);
    if (target?.kind !== 'content' || !('id' in target)) throw invalidField(field, `URI not valid: ${href}`);
    wanted.set(target.id, href);
  }
  const rows = await api.database.query<{ id: string }>(
    sql`select id from content where id = any (${[...wanted.keys()]}::uuid[])`,
  );
  const found = new Set(rows.map(({ id }) => id));
  const missing = [...wanted].filter(([id]) => !found.has(id)).map(([, href]) => `'${href}'`);
  if (missing.length > 0) {
    throw invalidField(field, `Could not find the following content units: [${missing.join(', ')}]`);
  }
  return [...wanted.keys()];
}
