import type { DeclaredSource } from '../../core/content/types.ts';
import { createRemoteDownloader, type RemoteDownloader } from '../../core/remote/downloader.ts';
import type { RemoteRow } from '../../core/remote/types.ts';
import type { Job } from '../../core/task/types.ts';
import { isRetryable } from '../../platform/download/errors.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';

/**
 * A remote that failed this often in a row is left alone for the rest of the sync: it may be down, and to see that takes
 * a while for every file. A file that it just does not have is no such failure.
 */
const PATIENCE = 3;

/** The file from the first source that gives the right bytes; null when none does. Rejects when the sync is aborted. */
export type FetchAlternate = (wanted: DeclaredSource) => Promise<StagedFile | null>;

/** What alternate content sources have of the files that a sync wants (v3-api.md 5.2, stage 3). */
export interface Alternates {
  /** Looks up who else has these files. */
  lookUp(wanted: readonly DeclaredSource[]): Promise<FetchAlternate>;
  close(): Promise<void>;
}

interface AlternateRemote {
  downloader: RemoteDownloader;
  failures: number;
  /** Gives up everything that is asked of it. */
  controller: AbortController;
  signal: AbortSignal;
}

interface Place {
  sha256: string;
  remote_id: string;
  url: string;
}

export function createAlternates(job: Job, signal: AbortSignal): Alternates {
  const { services } = job;
  const remotes = new Map<string, AlternateRemote>();

  async function openRemotes(ids: ReadonlySet<string>): Promise<void> {
    const unknown = [...ids].filter((id) => !remotes.has(id));
    if (unknown.length === 0) return;
    const rows = await services.database.query<RemoteRow>(
      sql`select * from remote where id = any (${unknown}::uuid[])`,
    );
    for (const row of rows) {
      if (remotes.has(row.id)) continue;
      const controller = new AbortController();
      remotes.set(row.id, {
        downloader: createRemoteDownloader(services, row),
        failures: 0,
        controller,
        signal: AbortSignal.any([signal, controller.signal]),
      });
    }
  }

  async function fetchAt({ url, remote_id }: Place, wanted: DeclaredSource): Promise<StagedFile | null> {
    const remote = remotes.get(remote_id);
    if (!remote || remote.signal.aborted) return null;
    try {
      const file = await remote.downloader.fetchToCommit(services.store, { ...wanted, url }, remote.signal);
      remote.failures = 0;
      return file;
    } catch (error) {
      signal.throwIfAborted();
      if (remote.signal.aborted) return null;
      services.log.warn({ url, err: error }, 'an alternate content source failed');
      if (error instanceof Error && isRetryable(error.cause)) remote.failures += 1;
      if (remote.failures >= PATIENCE) remote.controller.abort();
      return null;
    }
  }

  return {
    async lookUp(wanted) {
      const places = await findPlaces(job, wanted);
      await openRemotes(new Set(places.map(({ remote_id }) => remote_id)));
      const bySha256 = new Map<string, Place[]>();
      for (const place of places) bySha256.set(place.sha256, [...(bySha256.get(place.sha256) ?? []), place]);
      return async (source) => {
        for (const place of bySha256.get(source.digests.sha256 ?? '') ?? []) {
          const file = await fetchAt(place, source);
          if (file) return file;
        }
        return null;
      };
    },
    async close() {
      for (const { downloader } of remotes.values()) await downloader.close();
    },
  };
}

/** One place per file and remote; those that gave wrong bytes lately are left out (v3-api.md 4.5). */
function findPlaces({ services }: Job, wanted: readonly DeclaredSource[]): Promise<Place[]> {
  const digests = wanted.flatMap((source) => source.digests.sha256 ?? []);
  const { fetchFailureCooldown } = services.settings;
  return services.database.query<Place>(sql`
    select distinct on (sha256, remote_id) sha256, remote_id, url from remote_artifact
    where rank = -1 and sha256 = any (${digests}::text[])
      and (failed_at is null or failed_at < clock_timestamp() - make_interval(secs => ${fetchFailureCooldown}))
    order by sha256, remote_id, created desc`);
}
