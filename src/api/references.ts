import { invalidField, invalidList, type PulpError } from '../core/errors.ts';
import type { ModelKind } from '../core/models.ts';
import type { Queryable } from '../platform/postgres/database.ts';
import { emptySql, identifier, sql } from '../platform/postgres/sql.ts';
import type { Api } from './api.ts';
import { isUuid, type Target } from './hrefs.ts';
import { TABLES } from './tables.ts';

/** Something a request refers to, as it is in the database. */
export interface Found {
  kind: ModelKind;
  type: string | null;
  id: string;
  name: string | null;
  /** Of versions. */
  repositoryId: string | null;
  number: number | null;
}

/** Looks up what a href or PRN names. */
export async function findTarget(api: Api, text: string): Promise<Found | 'no match' | 'missing'> {
  const target = api.hrefs.parse(text);
  if (!target) return 'no match';
  return (await lookUp(api.database, target)) ?? 'missing';
}

async function lookUp(database: Queryable, target: Target): Promise<Found | null> {
  if (target.kind === 'version') return lookUpVersion(database, target);
  if (!('id' in target)) return null;
  const table = TABLES[target.kind];
  if (!table) return null;
  const integerKey = table.integerKey === true;
  if (integerKey ? isUuid(target.id) : !isUuid(target.id)) return null;
  const row = await database.find<{ id: string; type: string | null; name: string | null }>(sql`
    select t.id::text as id, ${table.typed ? sql`t.type` : sql`null`} as type,
      ${table.named ? sql`t.name` : sql`null`} as name
    from ${identifier(table.name)} t where t.id = ${target.id} ${table.hides ? sql`and not t.hidden` : emptySql}`);
  if (!row || (target.type !== null && table.typed && row.type !== target.type)) return null;
  return { ...row, kind: target.kind, repositoryId: null, number: null };
}

async function lookUpVersion(database: Queryable, target: Target): Promise<Found | null> {
  const condition =
    'number' in target
      ? sql`version.repository_id = ${target.repositoryId} and version.number = ${target.number}`
      : sql`version.id = ${target.id}`;
  const row = await database.find<{ id: string; type: string; repository_id: string; number: number }>(sql`
    select version.id, repository.type, version.repository_id, version.number
    from repository_version version join repository on repository.id = version.repository_id where ${condition}`);
  if (!row) return null;
  return {
    kind: 'version',
    type: row.type,
    id: row.id,
    name: null,
    repositoryId: row.repository_id,
    number: row.number,
  };
}

/** What a member of a body refers to; null or the texts of Pulp 3 for what does not fit. */
export async function resolveReference(api: Api, field: string, kind: ModelKind, text: string): Promise<Found> {
  const target = await findTarget(api, text);
  if (target === 'no match') throw wrong(field, 'No URL match');
  if (target === 'missing') {
    if (api.hrefs.parse(text)?.kind !== kind) throw wrong(field, 'Incorrect URL match');
    throw invalidField(field, 'Invalid hyperlink - Object does not exist.');
  }
  if (target.kind !== kind) throw wrong(field, 'Incorrect URL match');
  return target;
}

function wrong(field: string, text: string): PulpError {
  return invalidField(field, `Invalid hyperlink - ${text}.`);
}

/** The id behind a href in a filter; 400 (a bare list) for others (corrections.md 1.9). */
export async function filteredId(api: Api, kind: ModelKind, text: string): Promise<string> {
  const target = await findTarget(api, text);
  if (target === 'no match') throw invalidList(`URI not valid: ${text}`);
  if (target === 'missing' || target.kind !== kind) {
    throw invalidList(`URI ${text} not found for ${kind === 'version' ? 'repositoryversion' : kind}.`);
  }
  return target.id;
}
