import { createReadStream } from 'node:fs';
import { invalidList } from '../../../core/errors.ts';
import { createRemoteDownloader, type RemoteDownloader } from '../../../core/remote/downloader.ts';
import type { RemoteRow } from '../../../core/remote/types.ts';
import { NOTHING, newVersion } from '../../../core/repository/new-version.ts';
import { latestVersion } from '../../../core/repository/reader.ts';
import type { RepositoryRow, RepositoryVersionRow } from '../../../core/repository/types.ts';
import type { Progress } from '../../../core/task/progress.ts';
import type { Job } from '../../../core/task/types.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { StagedFile } from '../../../platform/storage/artifact-store.ts';
import { FilesMissed, type MissedFile } from '../../../plugin/sync/missed-files.ts';
import { storedByTask, storeRemoteUnits } from '../../../plugin/sync/store-units.ts';
import { FILE, MANIFEST } from '../names.ts';
import { parseManifest } from '../parse/manifest.ts';
import { writePublication } from '../publish/publish-version.ts';
import { declareFiles } from './declare.ts';
import { isUpToDate, type SyncDetails } from './sync-details.ts';

export interface SyncOptions {
  /** The version becomes what the remote has, and the remote's own manifest is published. */
  mirror: boolean;
  /** Do nothing when nothing changed since the last sync. */
  optimize: boolean;
  /** Take what comes when single files cannot be had, and fail with `FilesMissed` afterwards. */
  partial: boolean;
}

const FILE_KEYS = [{ type: FILE, fields: ['relative_path'] }];

/**
 * Brings a repository to what its remote's manifest lists (v3-api.md 5.8). Returns the new version, or null when nothing
 * would change. Nothing but orphans is left behind when it fails: the manifest is checked as a whole before anything is
 * fetched, and the version is written in one transaction at the end.
 */
export async function syncRepository(
  job: Job,
  repository: RepositoryRow,
  remote: RemoteRow,
  options: SyncOptions,
): Promise<RepositoryVersionRow | null> {
  if (options.mirror && repository.data.autopublish === true) {
    throw invalidList('Cannot use mirror mode with autopublished repository.');
  }
  const downloader = createRemoteDownloader(job.services, remote);
  try {
    const manifest = await downloader.fetchFile(
      job.services.store,
      { url: remote.url, size: null, digests: {} },
      job.signal,
    );
    try {
      return await syncManifest(job, repository, remote, options, downloader, manifest);
    } finally {
      await manifest.discard();
    }
  } finally {
    await downloader.close();
  }
}

async function syncManifest(
  job: Job,
  repository: RepositoryRow,
  remote: RemoteRow,
  options: SyncOptions,
  downloader: RemoteDownloader,
  manifest: StagedFile,
): Promise<RepositoryVersionRow | null> {
  const { database } = job.services;
  const latest = await latestVersion(database, repository.id);
  const details: SyncDetails = {
    url: remote.url,
    mirror: options.mirror,
    remote_pk: remote.id,
    download_policy: remote.policy,
    manifest_checksum: manifest.sha256,
    most_recent_version: latest.number,
  };
  if (options.optimize && (await isUpToDate(database, repository, details))) {
    await reportSkip(job);
    return null;
  }
  const reports = await openReports(job);
  const missed: MissedFile[] = [];
  await checkManifest(manifest, reports.parsing);
  await storeRemoteUnits(job, declareFiles(parseManifest(createReadStream(manifest.path)), remote), {
    downloader,
    deferred: remote.policy !== 'immediate',
    downloads: reports.downloads,
    onMissed: options.partial ? (file) => missed.push(file) : undefined,
  });
  job.signal.throwIfAborted();
  const version = await writeVersion(job, repository, options, missed.length === 0 ? details : null, manifest);
  await reportChange(job, reports.associating, version, options);
  if (missed.length > 0) throw new FilesMissed(missed);
  return version;
}

/** In the order in which Pulp shows them (golden/v3/06). */
async function openReports(job: Job): Promise<Record<'downloads' | 'associating' | 'parsing', Progress>> {
  const metadata = await job.progress({
    code: 'sync.downloading.metadata',
    message: 'Downloading Metadata',
    total: null,
  });
  metadata.add(1);
  await metadata.complete();
  const open = (code: string, message: string) => job.progress({ code, message, total: null });
  return {
    downloads: await open('sync.downloading.artifacts', 'Downloading Artifacts'),
    associating: await open('associating.content', 'Associating Content'),
    parsing: await open('sync.parsing.metadata', 'Parsing Metadata Lines'),
  };
}

async function reportSkip(job: Job): Promise<void> {
  const message = 'Skipping Sync (no change from previous sync)';
  const skipped = await job.progress({ code: 'sync.was_skipped', message, total: 1 });
  skipped.add(1);
  await skipped.complete();
}

async function reportChange(
  job: Job,
  associating: Progress,
  version: RepositoryVersionRow | null,
  { mirror }: SyncOptions,
): Promise<void> {
  associating.add(version?.content_counts.added[FILE] ?? 0);
  await associating.complete();
  if (!mirror) return;
  const code = 'unassociating.content';
  const unassociating = await job.progress({ code, message: 'Un-Associating Content', total: null });
  unassociating.add(version?.content_counts.removed[FILE] ?? 0);
  await unassociating.complete();
}

async function checkManifest(manifest: StagedFile, parsing: Progress): Promise<void> {
  try {
    let entries = 0;
    for await (const _ of parseManifest(createReadStream(manifest.path))) entries += 1;
    parsing.setTotal(entries);
    parsing.add(entries);
    await parsing.complete();
  } catch (error) {
    await parsing.fail();
    throw error;
  }
}

/** What was stored becomes the version; with `mirror` the manifest becomes its publication. No details: files are missed. */
async function writeVersion(
  job: Job,
  repository: RepositoryRow,
  { mirror }: SyncOptions,
  details: SyncDetails | null,
  manifest: StagedFile,
): Promise<RepositoryVersionRow | null> {
  const { database, models, store } = job.services;
  const { version, publication } = await database.transaction(async (tx) => {
    const made = await newVersion(tx, repository.id, {
      add: storedByTask(job),
      remove: NOTHING,
      replaceAll: mirror,
      baseVersion: null,
      overwrite: true,
      keys: FILE_KEYS,
    });
    if (!details) return { version: made, publication: null };
    const remembered: SyncDetails = { ...details, most_recent_version: made?.number ?? details.most_recent_version };
    await tx.execute(sql`
      update repository set data = data || ${JSON.stringify({ last_sync_details: remembered })}::jsonb
      where id = ${repository.id}`);
    if (!made || !mirror) return { version: made, publication: null };
    const published = { manifest: manifestName(details.url), publisher: null, checkpoint: false };
    return { version: made, publication: await writePublication(tx, store, made, published, manifest) };
  });
  if (version) job.created(models.prn('version', null, version.id));
  if (publication) job.created(models.prn('publication', FILE, publication.id));
  return version;
}

/** The name that the manifest has at the remote. */
function manifestName(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name) || MANIFEST;
  } catch {
    return name;
  }
}
