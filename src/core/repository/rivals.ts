import type { Transaction } from '../../platform/postgres/database.ts';
import { constant, joinSql, type Sql, sql } from '../../platform/postgres/sql.ts';
import { duplicateContent, invalidList } from '../errors.ts';
import { presentAt } from './membership.ts';
import type { RepositoryKey } from './types.ts';

/** How many pairs a message names. */
const MOST_PAIRS = 20;

export interface Replaced {
  type: string;
  count: number;
  key: RepositoryKey;
}

/**
 * Moves units of the latest version that share a key with one in version_add into version_remove. Returns how many of
 * each type were replaced that way. PLP0022 when version_add itself holds two rivals.
 */
export async function dropRivals(
  tx: Transaction,
  repositoryId: string,
  latest: number,
  keys: readonly RepositoryKey[],
): Promise<Replaced[]> {
  const replaced: Replaced[] = [];
  for (const key of keys) {
    await assertNoRivals(tx, key, sql`version_add`);
    await stagePresentKeys(tx, repositoryId, latest, key);
    const count = await tx.execute(sql`
      insert into version_remove
      select distinct old.content_id from version_add
      join content new on new.id = version_add.content_id and new.type = ${key.type}
      join version_present old on old.key = ${keyOf(key, sql`new`)} and old.content_id <> new.id
      where not exists (select from version_add kept where kept.content_id = old.content_id)
      on conflict do nothing`);
    if (count > 0) replaced.push({ type: key.type, count, key });
  }
  return replaced;
}

/**
 * Keys of what the latest version holds. The server has no statistics of membership written moments ago: joined
 * directly, it compared all pairs of 20,000 new and 20,000 old units, for 270 s. Of this table it has.
 */
async function stagePresentKeys(tx: Transaction, repositoryId: string, latest: number, key: RepositoryKey) {
  await tx.execute(
    sql`create temp table if not exists version_present (content_id uuid, key jsonb) on commit delete rows`,
  );
  await tx.execute(sql`delete from version_present`);
  await tx.execute(sql`
    insert into version_present
    select old.id, ${keyOf(key, sql`old`)} from repository_content rc join content old on old.id = rc.content_id
    where rc.repository_id = ${repositoryId} and old.type = ${key.type} and ${presentAt(latest)}`);
  await tx.execute(sql`analyze version_present`);
}

/** Some of the pairs behind replaced units, for a message: `<new id>-><old id>`. */
export async function rivalPairs(tx: Transaction, { key }: Replaced): Promise<string[]> {
  const rows = await tx.query<{ pair: string }>(sql`
    select new.id || '->' || old.id as pair
    from version_remove join content old on old.id = version_remove.content_id and old.type = ${key.type},
      version_add join content new on new.id = version_add.content_id and new.type = ${key.type}
    where ${keyOf(key, sql`new`)} = ${keyOf(key, sql`old`)} and new.id <> old.id limit ${MOST_PAIRS}`);
  return rows.map(({ pair }) => pair);
}

function keyOf(key: RepositoryKey, unit: Sql): Sql {
  const values = key.fields.map((field) => sql`${unit}.attributes ->> ${constant(field)}`);
  return sql`jsonb_build_array(${joinSql(values, ', ')})`;
}

/** PLP0022 when two units of a work table share a key, or with `within` two units of which that is the same. */
export async function assertNoRivals(
  tx: Transaction,
  key: RepositoryKey,
  staged: Sql,
  within: Sql[] = [],
): Promise<void> {
  const groups = joinSql([...within, ...key.fields.map((field) => sql`attributes ->> ${constant(field)}`)], ', ');
  const { count } = await tx.one<{ count: number }>(sql`
    select coalesce(sum(rivals), 0)::bigint as count from (
      select count(*) as rivals from ${staged} join content on id = content_id and type = ${key.type}
      group by ${groups} having count(*) > 1) groups`);
  if (count > 0) throw duplicateContent(count, key.type, key.fields);
}

/** 400 when a path of the new version is a folder of another one ("a/b" and "a/b/c"). */
export async function assertPathsFit(tx: Transaction, repositoryId: string, latest: number): Promise<void> {
  const clash = await tx.find<{ folder: string; path: string }>(sql`
    with path as (
      select relative_path, true as added from content_artifact join version_add using (content_id)
      union all
      select relative_path, false from content_artifact join repository_content rc using (content_id)
      where rc.repository_id = ${repositoryId} and ${presentAt(latest)}
        and not exists (select from version_remove where version_remove.content_id = rc.content_id)
    ), folder as (
      select distinct path.relative_path, array_to_string(parts[1:depth], '/') as folder, added
      from path, string_to_array(relative_path, '/') parts, generate_series(1, cardinality(parts) - 1) depth
    )
    select folder.folder, folder.relative_path as path from folder
    join path on path.relative_path = folder.folder and (path.added or folder.added) limit 1`);
  if (clash) throw invalidList(`Repository version errors: Path is duplicated: ${clash.folder} and ${clash.path}.`);
}
