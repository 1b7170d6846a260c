import { randomUUID } from 'node:crypto';
import { saveArtifacts } from '../../src/core/artifact/store.ts';
import { createRemoteDownloader, type RemoteDownloader } from '../../src/core/remote/downloader.ts';
import { getRemote } from '../../src/core/remote/reader.ts';
import type { Services } from '../../src/core/services.ts';
import type { Job, TaskDefinition } from '../../src/core/task/types.ts';
import { type Sql, sql } from '../../src/platform/postgres/sql.ts';
import type { StagedFile } from '../../src/platform/storage/artifact-store.ts';
import type { JsonObject } from '../operation.ts';
import { getRepositoryView } from '../store/repositories.ts';
import { DOWNLOAD_TASK, type DownloadArgs, downloadTags } from './calls.ts';
import { type V2Job, v2Task } from './v2-task.ts';

/** Files in flight together; their bytes are committed together too. */
const BATCH = 200;

type Source = { remote_id: string; url: string; size: number | null; sha256: string | null };
/** The best source first. */
type Missing = { file_id: string; sources: Source[] };

export function downloadTask(): TaskDefinition {
  return v2Task<DownloadArgs>(DOWNLOAD_TASK, downloadTags, async (task, { repo_id, verify_all_units }) => {
    const view = await getRepositoryView(task.job.services.database, repo_id);
    if (verify_all_units) await forgetDamaged(task.job, view.id);
    await downloadMissing(task, view.id);
    return null;
  });
}

/** Fetches every on-demand file of the newest version; what cannot be had is counted, not fatal. */
async function downloadMissing(task: V2Job, repositoryId: string): Promise<void> {
  const { job } = task;
  const { database } = job.services;
  const { total } = await database.one<{ total: number }>(sql`
    select count(*) as total from (${missingFiles(repositoryId)}) missing`);
  const step = createStep(total);
  const downloaders = new Map<string, RemoteDownloader>();
  try {
    for await (const batch of database.stream<Missing>(missingFiles(repositoryId), BATCH)) {
      job.signal.throwIfAborted();
      step.count(await fetchBatch(job, downloaders, batch), batch.length);
      await task.saveProgress(step.report('IN_PROGRESS'));
    }
  } finally {
    for (const downloader of downloaders.values()) await downloader.close();
  }
  await task.saveProgress(step.report('FINISHED'));
}

/** The files that are not here and can be had. */
function missingFiles(repositoryId: string): Sql {
  return sql`
    select file.id as file_id, json_agg(json_build_object('remote_id', source.remote_id, 'url', source.url,
      'size', source.size, 'sha256', source.sha256) order by source.rank, source.created) as sources
    from repository_content rc join content_artifact file using (content_id)
    join remote_artifact source on source.content_artifact_id = file.id
    where rc.repository_id = ${repositoryId} and rc.version_removed is null and file.artifact_id is null
    group by file.id order by file.id`;
}

/** The number of files that came. */
async function fetchBatch(
  job: Job,
  downloaders: Map<string, RemoteDownloader>,
  batch: readonly Missing[],
): Promise<number> {
  const { services } = job;
  for (const remoteId of new Set(batch.flatMap(({ sources }) => sources.map(({ remote_id }) => remote_id)))) {
    if (downloaders.has(remoteId)) continue;
    downloaders.set(remoteId, createRemoteDownloader(services, await getRemote(services.database, remoteId)));
  }
  const fetched = await Promise.all(
    batch.map(async ({ file_id, sources }) => {
      const file = await fetchFromFirst(job, downloaders, sources);
      return file ? [{ file_id, file }] : [];
    }),
  );
  const arrived = fetched.flat();
  await keep(services, arrived);
  return arrived.length;
}

async function fetchFromFirst(
  { services, signal }: Job,
  downloaders: ReadonlyMap<string, RemoteDownloader>,
  sources: readonly Source[],
): Promise<StagedFile | null> {
  for (const { remote_id, url, size, sha256 } of sources) {
    const source = { url, size, digests: sha256 === null ? {} : { sha256 } };
    const file = await downloaders
      .get(remote_id)
      ?.fetchFile(services.store, source, signal)
      .catch(() => null);
    if (file) return file;
    if (signal.aborted) break;
  }
  return null;
}

async function keep(services: Services, arrived: readonly { file_id: string; file: StagedFile }[]): Promise<void> {
  if (arrived.length === 0) return;
  const pairs = JSON.stringify(arrived.map(({ file_id, file }) => ({ file_id, sha256: file.sha256 })));
  await services.database.transaction(async (tx) => {
    await saveArtifacts(
      tx,
      services.store,
      arrived.map(({ file }) => file),
    );
    await tx.execute(sql`
      update content_artifact set artifact_id = artifact.id
      from jsonb_to_recordset(${pairs}::jsonb) arrived (file_id uuid, sha256 text) join artifact using (sha256)
      where content_artifact.id = arrived.file_id and content_artifact.artifact_id is null`);
  });
}

/** Files whose bytes are damaged or gone, and that can be fetched again, count as missing from now on. */
async function forgetDamaged(job: Job, repositoryId: string): Promise<void> {
  const { database, store } = job.services;
  const files = database.stream<{ id: string; sha256: string }>(
    sql`select distinct artifact.id, artifact.sha256
      from repository_content rc join content_artifact file using (content_id)
      join artifact on artifact.id = file.artifact_id
      where rc.repository_id = ${repositoryId} and rc.version_removed is null and exists (
        select from remote_artifact where content_artifact_id = file.id)`,
    BATCH,
  );
  for await (const batch of files) {
    job.signal.throwIfAborted();
    for (const { id, sha256 } of batch) {
      if ((await store.verify(sha256)) === 'intact') continue;
      await database.execute(sql`update content_artifact set artifact_id = null where artifact_id = ${id}`);
    }
  }
}

function createStep(total: number) {
  const id = randomUUID();
  let processed = 0;
  let succeeded = 0;
  return {
    count(arrived: number, tried: number) {
      processed += tried;
      succeeded += arrived;
    },
    report: (state: string): JsonObject => ({
      background_download: [
        {
          num_success: succeeded,
          description: 'Download Repository Content',
          step_type: 'background_download',
          items_total: total,
          state,
          error_details: [],
          details: '',
          num_failures: processed - succeeded,
          step_id: id,
          num_processed: processed,
        },
      ],
    }),
  };
}
