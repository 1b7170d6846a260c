import { removeUnnamed } from '../../src/core/artifact/remove-unnamed.ts';
import type { Services } from '../../src/core/services.ts';
import type { Json } from '../../src/core/task/types.ts';
import type { Queryable, Transaction } from '../../src/platform/postgres/database.ts';
import { type Sql, sql } from '../../src/platform/postgres/sql.ts';
import { isUuid } from './units.ts';

/** Condition on `content`: in no version of any repository, and not on its way into one. */
export const IS_ORPHAN: Sql = sql`(
  not exists (select from repository_content rc where rc.content_id = content.id)
  and not exists (select from task_content busy where busy.content_id = content.id))`;

/** Orphans by content type. */
export async function countOrphans(database: Queryable): Promise<Map<string, number>> {
  const rows = await database.query<{ type: string; count: number }>(
    sql`select type, count(*) as count from content where ${IS_ORPHAN} group by type`,
  );
  return new Map(rows.map(({ type, count }) => [type, count]));
}

export async function isOrphan(database: Queryable, type: string, id: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  const found = await database.find(sql`select id from content where id = ${id} and type = ${type} and ${IS_ORPHAN}`);
  return found !== null;
}

export interface OrphanRow extends Record<string, unknown> {
  id: string;
  attributes: Record<string, Json>;
}

export function orphanQuery(type: string): Sql {
  return sql`select id, attributes from content where type = ${type} and ${IS_ORPHAN} order by id`;
}

const BATCH = 5000;

/**
 * Deletes the orphans among the content that `chosen` (a condition on `content`) names, and the artifacts that only
 * they had; files go after their rows. Returns how many units went, by content type.
 */
export async function deleteOrphans(
  services: Services,
  chosen: Sql,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const total = new Map<string, number>();
  for (;;) {
    signal.throwIfAborted();
    const { types, files } = await services.database.transaction((tx) => deleteBatch(tx, chosen));
    await removeUnnamed(services, files);
    for (const type of types) total.set(type, (total.get(type) ?? 0) + 1);
    if (types.length < BATCH) return total;
  }
}

async function deleteBatch(tx: Transaction, chosen: Sql): Promise<{ types: string[]; files: string[] }> {
  const units = await tx.query<{ id: string; type: string }>(
    sql`select id, type from content where ${chosen} and ${IS_ORPHAN} order by id limit ${BATCH} for update skip locked`,
  );
  const ids = units.map(({ id }) => id);
  const artifacts = await tx.query<{ id: string }>(sql`
    select distinct artifact_id as id from content_artifact
    where content_id = any (${ids}::uuid[]) and artifact_id is not null`);
  await tx.execute(sql`delete from content where id = any (${ids}::uuid[])`);
  const files = await tx.query<{ sha256: string }>(sql`
    delete from artifact where id = any (${artifacts.map(({ id }) => id)}::uuid[])
      and not exists (select from content_artifact used where used.artifact_id = artifact.id)
      and not exists (select from published_metadata used where used.artifact_id = artifact.id)
    returning sha256`);
  return { types: units.map(({ type }) => type), files: files.map(({ sha256 }) => sha256) };
}
