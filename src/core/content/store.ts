import { sortableIds } from '../../platform/crypto/sortable-ids.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { emptySql, sql } from '../../platform/postgres/sql.ts';
import { contentDigest, type DeclaredContent } from './types.ts';

/**
 * Stores a batch of units with their paths and sources, set by set, whatever of it exists already; returns their ids in
 * the order given. Existing units are touched, paths without bytes get those now known, sources are remembered per
 * remote (v3-api.md 5.2, 5.9). Inserts go in the order of the unique keys, so that two batches cannot deadlock.
 */
export async function storeContent(tx: Transaction, batch: readonly DeclaredContent[]): Promise<string[]> {
  await stage(tx, batch);
  await storeStaged(tx, batch.length);
  const rows = await tx.query<{ id: string }>(sql`select id from staged_content order by place`);
  return rows.map(({ id }) => id);
}

/**
 * Stores what lies in staged_content (that many units) and staged_artifact, as `storeContent` does. Afterwards the rows
 * of staged_content have the ids that their units have in the store.
 */
export async function storeStaged(tx: Transaction, units: number): Promise<void> {
  await tx.execute(sql`analyze staged_content (place, id, type, digest)`);
  await tx.execute(sql`analyze staged_artifact (place, relative_path, artifact_sha256, remote_id)`);
  const fresh = await tx.execute(sql`
    insert into content (id, type, digest, attributes, details, created, updated)
    select distinct on (type, digest) id, type, digest, attributes, details,
      coalesce(created, found), coalesce(created, found)
    from staged_content, lateral (select statement_timestamp() + make_interval(secs => place / 1e6)) at (found)
    order by type, digest, place
    on conflict do nothing`);
  // When all are new, each has the id it was staged with, and no path or source of it can be there: a third of the work
  // for a first sync or migration.
  const allNew = fresh === units;
  if (!allNew) await adoptExisting(tx);
  await storePaths(tx, allNew);
  await storeSources(tx, allNew);
}

async function adoptExisting(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update staged_content set id = content.id from content
    where content.type = staged_content.type and content.digest = staged_content.digest`);
  await tx.execute(sql`
    update content set timestamp_of_interest = clock_timestamp()
    where id in (select id from staged_content) and timestamp_of_interest < clock_timestamp() - interval '1 minute'`);
  await tx.execute(sql`
    update content_artifact set artifact_id = artifact.id
    from staged_artifact file join staged_content unit using (place)
    join artifact on artifact.sha256 = file.artifact_sha256
    where content_artifact.content_id = unit.id and content_artifact.relative_path = file.relative_path
      and content_artifact.artifact_id is null`);
}

/** Makes the tables that take what is to be stored, empty ones. They are the transaction's own. */
export async function openStaging(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    create temp table if not exists staged_content (place int, id uuid, type text, digest text,
      attributes jsonb, details jsonb, created timestamptz) on commit delete rows`);
  await tx.execute(sql`
    create temp table if not exists staged_artifact (place int, relative_path text, artifact_sha256 text,
      remote_id uuid, url text, size bigint,
      md5 text, sha1 text, sha224 text, sha256 text, sha384 text, sha512 text) on commit delete rows`);
  await tx.execute(sql`delete from staged_content`);
  await tx.execute(sql`delete from staged_artifact`);
}

async function stage(tx: Transaction, batch: readonly DeclaredContent[]): Promise<void> {
  await openStaging(tx);
  // In the order of the batch, so that lists show units in the order in which they were found.
  const ids = sortableIds(batch.length, Date.now());
  await tx.copy(
    'staged_content',
    ['place', 'id', 'type', 'digest', 'attributes', 'details', 'created'],
    batch.map((unit, place) => [
      place,
      unit.origin?.id ?? ids[place],
      unit.type,
      contentDigest(unit.key),
      unit.attributes,
      unit.details,
      unit.origin?.created,
    ]),
  );
  await tx.copy('staged_artifact', ARTIFACT_COLUMNS, artifactRows(batch));
}

const DIGEST_COLUMNS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
const ARTIFACT_COLUMNS = ['place', 'relative_path', 'artifact_sha256', 'remote_id', 'url', 'size', ...DIGEST_COLUMNS];

function* artifactRows(batch: readonly DeclaredContent[]): Generator<unknown[]> {
  for (const [place, unit] of batch.entries()) {
    for (const { relative_path, sha256, source } of unit.artifacts) {
      const digests = DIGEST_COLUMNS.map((name) => source?.digests[name]);
      yield [place, relative_path, sha256, source?.remote_id, source?.url, source?.size, ...digests];
    }
  }
}

async function storePaths(tx: Transaction, allNew: boolean): Promise<void> {
  await tx.execute(sql`
    insert into content_artifact (content_id, relative_path, artifact_id)
    select distinct on (unit.id, file.relative_path) unit.id, file.relative_path, artifact.id
    from staged_artifact file join staged_content unit using (place)
    left join artifact on artifact.sha256 = file.artifact_sha256
    order by unit.id, file.relative_path, artifact.id nulls last
    ${allNew ? emptySql : sql`on conflict do nothing`}`);
}

async function storeSources(tx: Transaction, allNew: boolean): Promise<void> {
  const replace = sql`
    on conflict (content_artifact_id, remote_id) do update
    set url = excluded.url, rank = excluded.rank, failed_at = null
    where remote_artifact.url <> excluded.url or remote_artifact.rank <> excluded.rank`;
  await tx.execute(sql`
    insert into remote_artifact
      (content_artifact_id, remote_id, url, size, md5, sha1, sha224, sha256, sha384, sha512, rank)
    select distinct on (path.id, file.remote_id) path.id, file.remote_id, file.url, file.size,
      file.md5, file.sha1, file.sha224, file.sha256, file.sha384, file.sha512,
      case when file.remote_id in (select remote_id from alternate_content_source) then -1 else 0 end
    from staged_artifact file join staged_content unit using (place)
    join content_artifact path on path.content_id = unit.id and path.relative_path = file.relative_path
    where file.remote_id is not null
    order by path.id, file.remote_id
    ${allNew ? emptySql : replace}`);
  await storeAlternates(tx);
}

/**
 * The same bytes at alternate content sources, under whatever path (v3-api.md 5.2, stage 3). Not for what such a source
 * lists itself: two batches that both wait for what the other one has written would deadlock.
 */
async function storeAlternates(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    insert into remote_artifact
      (content_artifact_id, remote_id, url, size, md5, sha1, sha224, sha256, sha384, sha512, rank)
    select distinct on (path.id, known.remote_id) path.id, known.remote_id, known.url, known.size,
      known.md5, known.sha1, known.sha224, known.sha256, known.sha384, known.sha512, known.rank
    from staged_artifact file join staged_content unit using (place)
    join content_artifact path on path.content_id = unit.id and path.relative_path = file.relative_path
    join remote_artifact known on known.sha256 = file.sha256 and known.rank = -1
    where exists (select from alternate_content_source)
      and file.remote_id not in (select remote_id from alternate_content_source)
    order by path.id, known.remote_id, known.content_artifact_id = path.id desc, known.created desc
    on conflict (content_artifact_id, remote_id) do update
    set url = excluded.url, rank = excluded.rank, failed_at = null
    where remote_artifact.url <> excluded.url or remote_artifact.rank <> excluded.rank`);
}
