import { saveArtifacts } from '../../core/artifact/store.ts';
import { storeContent } from '../../core/content/store.ts';
import type { DeclaredContent, DeclaredSource } from '../../core/content/types.ts';
import type { RemoteDownloader } from '../../core/remote/downloader.ts';
import type { Progress } from '../../core/task/progress.ts';
import type { Job } from '../../core/task/types.ts';
import { isAboutOneFile } from '../../platform/download/errors.ts';
import { commitLater } from '../../platform/postgres/commit-later.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { type Alternates, createAlternates } from './alternates.ts';
import type { MissedFile } from './missed-files.ts';
import { digestKey, findStoredBytes, unstoredSources } from './stored-bytes.ts';
import { ahead, batches } from './streams.ts';

export interface StoreOptions {
  downloader: RemoteDownloader;
  /** True: bytes are fetched when somebody asks for them. False: now. */
  deferred: boolean;
  /** Counts the files that were fetched; ends with them. */
  downloads: Progress;
  /** Given: a unit with a file that its remote lacks, or has other bytes of, is left out. Otherwise it ends everything. */
  onMissed?: ((missed: MissedFile) => void) | undefined;
}

/**
 * Batches are this big so that committing their bytes costs one sync of the file system (see storage/placement.ts),
 * and never hold more unsaved bytes than a crash may lose.
 */
const FETCHED = { count: 2500, weight: 1 << 30 };
const DEFERRED = { count: 2000, weight: Number.POSITIVE_INFINITY };
/** Batches in the making beside those that are being saved. */
const DEPTH = 2;
/** Batches being saved: one backend alone takes twice as long as the rest of a deferred sync. */
const SAVING = 2;

interface FetchOptions extends StoreOptions {
  alternates: Alternates;
}

/** Units whose bytes are all known or staged. */
interface ReadyBatch {
  units: readonly DeclaredContent[];
  staged: readonly StagedFile[];
}

/**
 * Stores the units of a remote with their paths and sources, fetching bytes that are wanted now and not stored yet, and
 * notes them as the task's own (task_content): what the next repository version is made of. Streams: memory depends on
 * the batch, not on the remote. When it fails, nothing is left running, and whole batches saved before stay as orphans.
 */
export async function storeRemoteUnits(
  job: Job,
  units: AsyncIterable<DeclaredContent>,
  options: StoreOptions,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([job.signal, stop.signal]);
  const limits = options.deferred ? DEFERRED : FETCHED;
  const alternates = createAlternates(job, signal);
  try {
    const ready = ahead(
      batches(units, limits, weigh),
      DEPTH,
      (batch) => makeReady(job, batch, { ...options, alternates }, stop, signal),
      discard,
    );
    const saved = ahead(
      ready,
      SAVING,
      (batch) => saveBatch(job, batch, signal),
      async () => undefined,
    );
    for await (const _ of saved);
    await options.downloads.complete();
  } catch (error) {
    const fetchFailed = stop.signal.aborted && !job.signal.aborted;
    stop.abort();
    if (fetchFailed) await options.downloads.fail();
    throw error;
  } finally {
    await alternates.close();
  }
}

/** `select` of the ids of all that the task has stored. */
export function storedByTask(job: Job) {
  return sql`select content_id from task_content where task_id = ${job.id}`;
}

function weigh(unit: DeclaredContent): number {
  return unit.artifacts.reduce((sum, { source }) => sum + (source?.size ?? 0), 0);
}

async function makeReady(
  job: Job,
  units: readonly DeclaredContent[],
  options: FetchOptions,
  stop: AbortController,
  signal: AbortSignal,
): Promise<ReadyBatch> {
  const stored = await findStoredBytes(job.services.database, units);
  const staged = options.deferred ? [] : await fetchMissing(job, units, stored, options, stop, signal);
  const known = units.map((unit) => withBytes(unit, stored));
  return { units: options.onMissed && !options.deferred ? known.filter(isWhole) : known, staged };
}

function isWhole({ artifacts }: DeclaredContent): boolean {
  return artifacts.every(({ sha256 }) => sha256 !== null);
}

/**
 * Fetches each missing file once, from an alternate content source if that works, and adds what it got to `stored`. The
 * first failure stops all others, unless it may be missed.
 */
async function fetchMissing(
  job: Job,
  units: readonly DeclaredContent[],
  stored: Map<string, string>,
  { alternates, downloader, downloads, onMissed }: FetchOptions,
  stop: AbortController,
  signal: AbortSignal,
): Promise<StagedFile[]> {
  const missing = new Map<string, DeclaredSource>();
  for (const source of unstoredSources(units)) {
    const key = bytesKey(source);
    if (!stored.has(key)) missing.set(key, source);
  }
  const fetchAlternate = await alternates.lookUp([...missing.values()]);
  const fetched = await Promise.allSettled(
    [...missing].map(async ([key, source]): Promise<StagedFile | null> => {
      try {
        const file =
          (await fetchAlternate(source)) ?? (await downloader.fetchToCommit(job.services.store, source, signal));
        stored.set(key, file.sha256);
        downloads.add(1);
        return file;
      } catch (error) {
        const cause = error instanceof Error ? error.cause : null;
        if (!signal.aborted && onMissed && isAboutOneFile(cause)) {
          onMissed({ source, error: cause });
          return null;
        }
        if (!signal.aborted) stop.abort(error);
        throw error;
      }
    }),
  );
  const staged = fetched.flatMap((end) => (end.status === 'fulfilled' ? (end.value ?? []) : []));
  if (fetched.every(({ status }) => status === 'fulfilled')) return staged;
  await discard({ units, staged });
  throw job.signal.aborted ? job.signal.reason : stop.signal.reason;
}

function bytesKey(source: DeclaredSource): string {
  return digestKey(source) ?? source.url;
}

function withBytes(unit: DeclaredContent, stored: ReadonlyMap<string, string>): DeclaredContent {
  const artifacts = unit.artifacts.map((artifact) => {
    if (artifact.sha256 !== null || !artifact.source) return artifact;
    return { ...artifact, sha256: stored.get(bytesKey(artifact.source)) ?? null };
  });
  return { ...unit, artifacts };
}

async function discard({ staged }: ReadyBatch): Promise<void> {
  for (const file of staged) await file.discard();
}

async function saveBatch(job: Job, batch: ReadyBatch, signal: AbortSignal): Promise<void> {
  const { database, store } = job.services;
  try {
    signal.throwIfAborted();
    await database.transaction(async (tx) => {
      // The commits of the version and of the task's end wait for this one, too.
      await commitLater(tx);
      await saveArtifacts(tx, store, batch.staged);
      const ids = await storeContent(tx, batch.units);
      await tx.execute(sql`
        insert into task_content (task_id, content_id)
        select distinct ${job.id}::uuid, id from unnest(${ids}::uuid[]) id on conflict do nothing`);
    });
  } catch (error) {
    await discard(batch);
    throw error;
  }
}
