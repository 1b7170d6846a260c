import type { Transaction } from '../../platform/postgres/database.ts';
import { identifier, type Sql, sql } from '../../platform/postgres/sql.ts';
import { contentOverwrite } from '../errors.ts';
import { applyCounts, countByType } from './counts.ts';
import { presentAt } from './membership.ts';
import { latestVersion } from './reader.ts';
import { applyRetention } from './retention.ts';
import { assertPathsFit, dropRivals, rivalPairs } from './rivals.ts';
import type { RepositoryKey, RepositoryRow, RepositoryVersionRow } from './types.ts';

export interface VersionChange {
  /** `select` of content ids that the new version shall have. */
  add: Sql;
  /** `select` of content ids that it shall not have, unless they are added: removal comes first (v3-api.md 2.4). */
  remove: Sql;
  /** Everything goes that is not added. */
  replaceAll: boolean;
  /** The version whose content it starts from; null: the latest. */
  baseVersion: RepositoryVersionRow | null;
  /** False: adding a unit in place of a rival that is not removed in the same change is an error. */
  overwrite: boolean;
  keys: readonly RepositoryKey[];
  /** `select content_id, created` for units that came into the repository at another time than now. */
  since?: Sql;
}

export const NOTHING: Sql = sql`select id from content where false`;

/**
 * Makes the next version of a repository in the open transaction: it appears whole, at commit. Null when nothing would
 * change. The caller's task holds the repository; the row lock taken here guards against everything else.
 * Errors: PLP0022 rivals among what is added, PLP0023 overwriting, 400 overlapping paths.
 */
export async function newVersion(
  tx: Transaction,
  repositoryId: string,
  change: VersionChange,
): Promise<RepositoryVersionRow | null> {
  const repository = await tx.one<RepositoryRow>(sql`select * from repository where id = ${repositoryId} for update`);
  const latest = await latestVersion(tx, repositoryId);
  const number = repository.next_version;
  await stageChange(tx, repositoryId, latest.number, change);
  const replaced = await dropRivals(tx, repositoryId, latest.number, change.keys);
  const [rival] = replaced;
  if (rival && !change.overwrite) throw contentOverwrite(rival.type, rival.count, await rivalPairs(tx, rival));
  await reduceStage(tx, repositoryId, latest.number);
  const { added, removed } = await countStage(tx);
  if (added + removed === 0) return null;
  if (added > 0) await assertPathsFit(tx, repositoryId, latest.number);
  await writeMembership(tx, repositoryId, number, change.since ?? NO_DATES);
  const version = await writeVersion(tx, repository, latest, number, change.baseVersion);
  await applyRetention(tx, repository.id, repository.retain_repo_versions);
  return version;
}

/** Two temporary tables: what shall be there, what shall not. They are empty again after the transaction. */
async function stageChange(tx: Transaction, repositoryId: string, latest: number, change: VersionChange) {
  for (const table of ['version_add', 'version_remove']) {
    const name = identifier(table);
    await tx.execute(sql`create temp table if not exists ${name} (content_id uuid primary key) on commit delete rows`);
    await tx.execute(sql`delete from ${name}`);
  }
  const { baseVersion: base } = change;
  const whole = change.replaceAll || base !== null;
  if (base && !change.replaceAll) {
    await tx.execute(sql`
      insert into version_add select rc.content_id from repository_content rc
      where rc.repository_id = ${base.repository_id} and ${presentAt(base.number)}
        and rc.content_id not in (${change.remove})`);
  }
  await tx.execute(sql`insert into version_add select * from (${change.add}) wanted on conflict do nothing`);
  await tx.execute(
    whole
      ? sql`insert into version_remove select rc.content_id from repository_content rc
          where rc.repository_id = ${repositoryId} and ${presentAt(latest)}`
      : sql`insert into version_remove select distinct * from (${change.remove}) unwanted`,
  );
  await tx.execute(
    sql`delete from version_remove using version_add where version_remove.content_id = version_add.content_id`,
  );
  await tx.execute(sql`analyze version_add`);
}

/** Leaves only what differs from the latest version. */
async function reduceStage(tx: Transaction, repositoryId: string, latest: number) {
  await tx.execute(sql`
    delete from version_add using repository_content rc
    where rc.repository_id = ${repositoryId} and rc.content_id = version_add.content_id and ${presentAt(latest)}`);
  await tx.execute(sql`
    delete from version_remove where not exists (
      select from repository_content rc
      where rc.repository_id = ${repositoryId} and rc.content_id = version_remove.content_id and ${presentAt(latest)})`);
}

function countStage(tx: Transaction) {
  return tx.one<{ added: number; removed: number }>(sql`
    select (select count(*) from version_add) as added, (select count(*) from version_remove) as removed`);
}

const NO_DATES: Sql = sql`select null::uuid as content_id, null::timestamptz as created where false`;

async function writeMembership(tx: Transaction, repositoryId: string, number: number, since: Sql) {
  await tx.execute(sql`
    update repository_content set version_removed = ${number} from version_remove
    where repository_id = ${repositoryId} and repository_content.content_id = version_remove.content_id
      and version_removed is null`);
  await tx.execute(sql`
    insert into repository_content (repository_id, content_id, version_added, created)
    select ${repositoryId}, content_id, ${number}, coalesce(since.created, clock_timestamp())
    from version_add left join (${since}) since using (content_id)
    order by content_id`);
  await tx.execute(sql`
    update content set timestamp_of_interest = clock_timestamp() from version_add
    where id = content_id and timestamp_of_interest < clock_timestamp() - interval '1 minute'`);
}

async function writeVersion(
  tx: Transaction,
  repository: RepositoryRow,
  latest: RepositoryVersionRow,
  number: number,
  base: RepositoryVersionRow | null,
): Promise<RepositoryVersionRow> {
  const added = await countByType(tx, sql`select content_id from version_add`);
  const removed = await countByType(tx, sql`select content_id from version_remove`);
  const counts = { added, removed, present: applyCounts(latest.content_counts.present, added, removed) };
  await tx.execute(sql`
    update repository set next_version = ${number + 1}, updated = clock_timestamp(),
      content_added_at = case when exists (select from version_add) then clock_timestamp() else content_added_at end,
      content_removed_at =
        case when exists (select from version_remove) then clock_timestamp() else content_removed_at end
    where id = ${repository.id}`);
  return tx.one<RepositoryVersionRow>(sql`
    insert into repository_version (repository_id, number, base_version_id, content_counts)
    values (${repository.id}, ${number}, ${base?.id ?? null}, ${JSON.stringify(counts)}::jsonb) returning *`);
}
