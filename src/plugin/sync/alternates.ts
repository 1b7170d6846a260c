import type { DeclaredSource } from '../../core/content/types.ts';
import { createRemoteDownloader, type RemoteDownloader } from '../../core/remote/downloader.ts';
import type { RemoteRow } from '../../core/remote/types.ts';
import type { Job } from '../../core/task/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';

/** A remote that failed this often in a row is left alone for the rest of the sync: it may be down, which takes time to see. */
const PATIENCE = 3;

/** The file from the first source that gives the right bytes; null when none does. Rejects when it is aborted. */
export type FetchAlternate = (wanted: DeclaredSource, signal: AbortSignal) => Promise<StagedFile | null>;

/** What alternate content sources have of the files that a sync wants (v3-api.md 5.2, stage 3). */
export interface Alternates {
  /** Looks up who else has these files. */
  lookUp(wanted: readonly DeclaredSource[]): Promise<FetchAlternate>;
  close(): Promise<void>;
}

interface AlternateRemote {
  downloader: RemoteDownloader;
  failures: number;
}

interface Place {
  sha256: string;
  remote_id: string;
  url: string;
}

export function createAlternates(job: Job): Alternates {
  const { services } = job;
  const { database, store, log } = services;
  const remotes = new Map<string, AlternateRemote>();

  async function openRemotes(ids: ReadonlySet<string>): Promise<void> {
    const unknown = [...ids].filter((id) => !remotes.has(id));
    const rows = await database.query<RemoteRow>(sql`select * from remote where id = any (${unknown}::uuid[])`);
    for (const row of rows) {
      if (!remotes.has(row.id)) remotes.set(row.id, { downloader: createRemoteDownloader(services, row), failures: 0 });
    }
  }

  async function fetchAt({ url, remote_id }: Place, wanted: DeclaredSource, signal: AbortSignal) {
    const remote = remotes.get(remote_id);
    if (!remote || remote.failures >= PATIENCE) return null;
    try {
      const file = await remote.downloader.fetchToCommit(store, { ...wanted, url }, signal);
      remote.failures = 0;
      return file;
    } catch (error) {
      signal.throwIfAborted();
      remote.failures += 1;
      log.warn({ url, err: error }, 'an alternate content source failed');
      return null;
    }
  }

  return {
    async lookUp(wanted) {
      const places = await findPlaces(job, wanted);
      await openRemotes(new Set(places.map(({ remote_id }) => remote_id)));
      const bySha256 = new Map<string, Place[]>();
      for (const place of places) bySha256.set(place.sha256, [...(bySha256.get(place.sha256) ?? []), place]);
      return async (source, signal) => {
        for (const place of bySha256.get(source.digests.sha256 ?? '') ?? []) {
          const file = await fetchAt(place, source, signal);
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
    where alternate and sha256 = any (${digests}::text[])
      and (failed_at is null or failed_at < clock_timestamp() - make_interval(secs => ${fetchFailureCooldown}))
    order by sha256, remote_id, created desc`);
}
