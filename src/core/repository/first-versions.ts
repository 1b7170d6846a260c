import type { Transaction } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import { invalidList } from '../errors.ts';
import { applyRetention } from './retention.ts';
import { assertNoRivals } from './rivals.ts';
import type { RepositoryKey } from './types.ts';

/**
 * Gives repositories that never held anything their first version with content, all of them at once: what `newVersion`
 * makes of each, with far fewer statements. `content` selects `repository_id, content_id, created`;
 * `created` may be null: now. Returns the repositories that got one: not those that got content in the meantime.
 * Errors: PLP0022 rivals in a repository, 400 overlapping paths.
 */
export async function firstVersions(
  tx: Transaction,
  repositoryIds: readonly string[],
  content: Sql,
  keys: readonly RepositoryKey[],
): Promise<string[]> {
  const empty = await tx.query<{ id: string; retain: number | null }>(sql`
    select id, retain_repo_versions as retain from repository
    where id = any (${repositoryIds}::uuid[]) and next_version = 1 order by id for update`);
  await tx.execute(sql`
    create temp table if not exists first_content (repository_id uuid, content_id uuid, created timestamptz)
    on commit delete rows`);
  await tx.execute(sql`delete from first_content`);
  await tx.execute(sql`
    insert into first_content select repository_id, content_id, min(created) from (${content}) wanted
    where repository_id = any (${empty.map(({ id }) => id)}::uuid[]) group by repository_id, content_id`);
  await tx.execute(sql`analyze first_content`);
  for (const key of keys) await assertNoRivals(tx, key, sql`first_content`, [sql`repository_id`]);
  await assertPathsFit(tx);
  const made = await writeVersions(tx);
  await writeMembership(tx);
  for (const { id, retain } of empty) if (made.has(id)) await applyRetention(tx, id, retain);
  return [...made];
}

async function assertPathsFit(tx: Transaction): Promise<void> {
  const clash = await tx.find<{ folder: string; path: string }>(sql`
    with path as (
      select repository_id, relative_path from content_artifact join first_content using (content_id)
    ), folder as (
      select distinct repository_id, relative_path, array_to_string(parts[1:depth], '/') as folder
      from path, string_to_array(relative_path, '/') parts, generate_series(1, cardinality(parts) - 1) depth
    )
    select folder.folder, folder.relative_path as path from folder
    join path on path.repository_id = folder.repository_id and path.relative_path = folder.folder limit 1`);
  if (clash) throw invalidList(`Repository version errors: Path is duplicated: ${clash.folder} and ${clash.path}.`);
}

/** Returns the repositories that have content now. */
async function writeVersions(tx: Transaction): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(sql`
    insert into repository_version (repository_id, number, content_counts)
    select repository_id, 1, jsonb_build_object('added', counts, 'removed', '{}'::jsonb, 'present', counts)
    from (
      select repository_id, jsonb_object_agg(type, units) as counts from (
        select repository_id, type, count(*) as units from first_content join content on id = content_id
        group by repository_id, type
      ) by_type group by repository_id
    ) counted
    returning repository_id as id`);
  await tx.execute(sql`
    update repository set next_version = 2, updated = clock_timestamp(), content_added_at = clock_timestamp()
    where id in (select repository_id from first_content)`);
  return new Set(rows.map(({ id }) => id));
}

async function writeMembership(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    insert into repository_content (repository_id, content_id, version_added, created)
    select repository_id, content_id, 1, coalesce(created, clock_timestamp()) from first_content
    order by repository_id, content_id`);
  await tx.execute(sql`
    update content set timestamp_of_interest = clock_timestamp()
    where id in (select content_id from first_content) and timestamp_of_interest < clock_timestamp() - interval '1 minute'`);
}
