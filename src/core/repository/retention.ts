import type { Transaction } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import { invalidList, lastVersion } from '../errors.ts';
import { recountDifference } from './counts.ts';
import { previousNumber } from './reader.ts';
import type { RepositoryVersionRow } from './types.ts';

/**
 * Condition on repository_version `version`: something serves it (v3-api.md 2.3). That is a version or publication set
 * on a distribution, and for a distribution of the repository its newest published version, or else the latest one.
 */
const SERVED: Sql = sql`(
  exists (select from distribution where repository_version_id = version.id)
  or exists (select from publication join distribution on distribution.publication_id = publication.id
    where publication.repository_version_id = version.id)
  or exists (select from distribution where distribution.repository_id = version.repository_id)
    and version.number = coalesce(
      (select max(published.number) from publication
        join repository_version published on published.id = publication.repository_version_id
        where published.repository_id = version.repository_id),
      (select max(newest.number) from repository_version newest where newest.repository_id = version.repository_id)))`;

/** Deletes the oldest versions beyond the newest `retain`, but for those that something serves. Null keeps all. */
export async function applyRetention(tx: Transaction, repositoryId: string, retain: number | null): Promise<void> {
  if (retain === null) return;
  const old = await tx.query<RepositoryVersionRow>(sql`
    select version.* from repository_version version
    where version.repository_id = ${repositoryId} and not ${SERVED} and version.number not in (
      select number from repository_version where repository_id = ${repositoryId} order by number desc limit ${retain})
    order by number`);
  if (old.length === 0) return;
  await tx.execute(sql`delete from repository_version where id = any (${old.map(({ id }) => id)})`);
  await forgetUnseenContent(tx, repositoryId);
  for (const version of await followers(tx, repositoryId, old)) {
    await recountDifference(tx, version, await previousNumber(tx, repositoryId, version.number));
  }
}

/** Versions whose predecessor was among the deleted ones. */
function followers(tx: Transaction, repositoryId: string, deleted: readonly RepositoryVersionRow[]) {
  const numbers = deleted.map(({ number }) => number);
  return tx.query<RepositoryVersionRow>(sql`
    select distinct version.* from unnest(${numbers}::int[]) gone,
      lateral (select * from repository_version where repository_id = ${repositoryId} and number > gone
        order by number limit 1) version`);
}

/** Membership that no version shows any more. */
async function forgetUnseenContent(tx: Transaction, repositoryId: string): Promise<void> {
  await tx.execute(sql`
    delete from repository_content rc
    where repository_id = ${repositoryId} and version_removed is not null and not exists (
      select from repository_version version
      where version.repository_id = rc.repository_id and version.number >= rc.version_added
        and version.number < rc.version_removed)`);
}

/** 400 (a bare list) when something serves the version. */
export async function assertNotServed(tx: Pick<Transaction, 'find'>, version: RepositoryVersionRow): Promise<void> {
  const served = await tx.find(
    sql`select 1 as served from repository_version version where version.id = ${version.id} and ${SERVED}`,
  );
  if (served)
    throw invalidList(
      'The repository version cannot be deleted because it (or its publications) are currently being used to distribute content. Please update the necessary distributions first.',
    );
}

/** Deletes one version; the difference it made becomes part of the next one's. PLP0011 for the last that remains. */
export async function deleteVersion(tx: Transaction, version: RepositoryVersionRow): Promise<void> {
  const { repository_id: repositoryId, number } = version;
  await tx.execute(sql`select 1 from repository where id = ${repositoryId} for update`);
  const previous = await previousNumber(tx, repositoryId, number);
  const next = await tx.find<RepositoryVersionRow>(sql`
    select * from repository_version where repository_id = ${repositoryId} and number > ${number}
    order by number limit 1`);
  if (previous === null && !next) throw lastVersion();
  await tx.execute(sql`delete from repository_version where id = ${version.id}`);
  if (next) {
    await forgetUnseenContent(tx, repositoryId);
    await recountDifference(tx, next, previous);
    return;
  }
  await undoSince(tx, repositoryId, previous ?? 0);
}

/** The newest version is gone: membership is again what it was at the one before it. */
async function undoSince(tx: Transaction, repositoryId: string, number: number): Promise<void> {
  await tx.execute(
    sql`delete from repository_content where repository_id = ${repositoryId} and version_added > ${number}`,
  );
  await tx.execute(sql`
    update repository_content set version_removed = null
    where repository_id = ${repositoryId} and version_removed > ${number}`);
}
