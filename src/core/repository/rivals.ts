import type { Transaction } from '../../platform/postgres/database.ts';
import { constant, joinSql, type Sql, sql } from '../../platform/postgres/sql.ts';
import { duplicateContent, invalidList } from '../errors.ts';
import { presentAt } from './membership.ts';
import type { RepositoryKey } from './types.ts';

/**
 * Moves units of the latest version that share a key with one in version_add into version_remove. Returns how many of
 * each type were replaced that way. PLP0022 when version_add itself holds two rivals.
 */
export async function dropRivals(
  tx: Transaction,
  repositoryId: string,
  latest: number,
  keys: readonly RepositoryKey[],
): Promise<{ type: string; count: number }[]> {
  const replaced: { type: string; count: number }[] = [];
  for (const key of keys) {
    await assertNoRivals(tx, key);
    const count = await tx.execute(sql`
      insert into version_remove
      select distinct old.id from version_add
      join content new on new.id = version_add.content_id and new.type = ${key.type}
      join content old on old.type = ${key.type} and old.id <> new.id and ${sameKey(key)}
      join repository_content rc on rc.repository_id = ${repositoryId} and rc.content_id = old.id and ${presentAt(latest)}
      where not exists (select from version_add kept where kept.content_id = old.id)
      on conflict do nothing`);
    if (count > 0) replaced.push({ type: key.type, count });
  }
  return replaced;
}

function sameKey(key: RepositoryKey): Sql {
  const pairs = key.fields.map(
    (field) => sql`new.attributes ->> ${constant(field)} = old.attributes ->> ${constant(field)}`,
  );
  return joinSql(pairs, ' and ');
}

async function assertNoRivals(tx: Transaction, key: RepositoryKey): Promise<void> {
  const fields = joinSql(
    key.fields.map((field) => sql`attributes ->> ${constant(field)}`),
    ', ',
  );
  const { count } = await tx.one<{ count: number }>(sql`
    select coalesce(sum(rivals), 0)::bigint as count from (
      select count(*) as rivals from version_add join content on id = content_id and type = ${key.type}
      group by ${fields} having count(*) > 1) groups`);
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
