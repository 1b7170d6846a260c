import type { Queryable } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import { contentAdded, contentRemoved } from './membership.ts';
import type { Counts } from './types.ts';

/** Units by type among the content ids of a select. */
export async function countByType(database: Queryable, contentIds: Sql): Promise<Counts> {
  const rows = await database.query<{ type: string; count: number }>(sql`
    select content.type, count(*) as count from (${contentIds}) ids (id) join content using (id) group by content.type`);
  return Object.fromEntries(rows.map(({ type, count }) => [type, count]));
}

/** present after added and removed; types that fell to nothing vanish. */
export function applyCounts(present: Counts, added: Counts, removed: Counts): Counts {
  const types = new Set([...Object.keys(present), ...Object.keys(added)]);
  const sums = [...types].map(
    (type) => [type, (present[type] ?? 0) + (added[type] ?? 0) - (removed[type] ?? 0)] as const,
  );
  return Object.fromEntries(sums.filter(([, count]) => count > 0));
}

/** Counts a version's difference anew after the one before it was deleted. */
export async function recountDifference(
  database: Queryable,
  version: { id: string; repository_id: string; number: number },
  previous: number | null,
): Promise<void> {
  const added =
    previous === null
      ? null
      : await countByType(database, contentAdded(version.repository_id, version.number, previous));
  const removed =
    previous === null
      ? {}
      : await countByType(database, contentRemoved(version.repository_id, version.number, previous));
  await database.execute(sql`
    update repository_version set content_counts = content_counts || jsonb_build_object(
      'added', coalesce(${added === null ? null : JSON.stringify(added)}::jsonb, content_counts -> 'present'),
      'removed', ${JSON.stringify(removed)}::jsonb)
    where id = ${version.id}`);
}
