import { type Sql, sql } from '../../platform/postgres/sql.ts';
import { createRemoteDownloader } from '../remote/downloader.ts';
import { getRemote } from '../remote/reader.ts';
import { contentOfVersion } from '../repository/membership.ts';
import type { RepositoryVersionRow } from '../repository/types.ts';
import type { Progress } from '../task/progress.ts';
import type { Job, TaskDefinition } from '../task/types.ts';

export const REPAIR_VERSION = 'pulpcore.app.tasks.repository.repair_version';
export const REPAIR_ALL = 'pulpcore.app.tasks.repository.repair_all_artifacts';

const BATCH = 500;
const FILES_AT_ONCE = 4;

export const repairTasks: readonly TaskDefinition[] = [
  {
    name: REPAIR_VERSION,
    async run(job, args) {
      const version = await job.services.database.one<RepositoryVersionRow>(
        sql`select * from repository_version where id = ${args.version}`,
      );
      const content = contentOfVersion(version.repository_id, version.number);
      await repair(
        job,
        sql`artifact.id in (select artifact_id from content_artifact where content_id in (${content}))`,
        args.verify === true,
      );
      return null;
    },
  },
  {
    name: REPAIR_ALL,
    async run(job, args) {
      await repair(job, sql`true`, args.verify === true);
      return null;
    },
  },
];

interface Reports {
  missing: Progress;
  corrupted: Progress;
  repaired: Progress;
}

interface Suspect {
  id: string;
  sha256: string;
}

/** Looks for artifacts without their bytes, and fetches those again that a remote has (v3-api.md 3.12). */
async function repair(job: Job, condition: Sql, verify: boolean): Promise<void> {
  const open = (code: string, message: string) => job.progress({ code, message, total: null });
  const reports: Reports = {
    repaired: await open('repair.repaired', 'Repair corrupted units'),
    corrupted: await open('repair.corrupted', 'Identify corrupted units'),
    missing: await open('repair.missing', 'Identify missing units'),
  };
  const { database } = job.services;
  for await (const batch of database.stream<Suspect>(sql`select id, sha256 from artifact where ${condition}`, BATCH)) {
    const queue = batch.values();
    const work = async () => {
      for (const suspect of queue) await inspect(job, suspect, verify, reports);
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  }
  for (const report of Object.values(reports) as Progress[]) await report.complete();
}

async function inspect(job: Job, suspect: Suspect, verify: boolean, reports: Reports): Promise<void> {
  job.signal.throwIfAborted();
  const { store } = job.services;
  const exists = await store.exists(suspect.sha256);
  if (exists && (!verify || (await store.verify(suspect.sha256)) === 'intact')) return;
  (exists ? reports.corrupted : reports.missing).add(1);
  if (await fetchAgain(job, suspect, exists)) reports.repaired.add(1);
}

/** True when one of the remotes that know the artifact still had the right bytes. */
async function fetchAgain(job: Job, suspect: Suspect, damaged: boolean): Promise<boolean> {
  const { services, signal } = job;
  const sources = await services.database.query<{ remote_id: string; url: string }>(sql`
    select source.remote_id, source.url from content_artifact path
    join remote_artifact source on source.content_artifact_id = path.id where path.artifact_id = ${suspect.id}
    group by source.remote_id, source.url order by min(source.rank), min(source.created)`);
  for (const { remote_id, url } of sources) {
    const downloader = createRemoteDownloader(services, await getRemote(services.database, remote_id));
    try {
      const digests = { sha256: suspect.sha256 };
      const staged = await downloader.fetchFile(services.store, { url, size: null, digests }, signal);
      if (damaged) await services.store.remove(suspect.sha256);
      await staged.commit();
      return true;
    } catch (error) {
      signal.throwIfAborted();
      services.log.warn({ err: error, artifact: suspect.id }, 'a source could not repair an artifact');
    } finally {
      await downloader.close();
    }
  }
  return false;
}
