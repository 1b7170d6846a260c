import type { Database } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import type { Progress } from '../task/progress.ts';
import type { Job, TaskDefinition } from '../task/types.ts';

export const ORPHAN_CLEANUP = 'pulpcore.app.tasks.orphan.orphan_cleanup';

const BATCH = 10_000;
const FILES_AT_ONCE = 16;
/** Temporary files younger than this belong to requests and tasks at work. */
const BUSY_MINUTES = 1;

/**
 * Deletes content that is in no repository version and was not used for a while, then artifacts that nothing has, then
 * their files and what crashes left behind. Files go after their rows: a crash leaves bytes too many, never too few.
 */
export const orphanCleanup: TaskDefinition = {
  name: ORPHAN_CLEANUP,
  async run(job, args) {
    const minutes = typeof args.minutes === 'number' ? args.minutes : job.services.settings.orphanProtectionMinutes;
    const ids = Array.isArray(args.content) ? args.content.map(String) : null;
    const chosen = ids === null ? sql`true` : sql`content.id = any (${ids}::uuid[])`;
    await cleanContent(job, sql`${chosen} and ${untouchedFor('content', minutes)}`);
    await cleanArtifacts(job, minutes);
    await job.services.store.sweepTemp(new Date(Date.now() - Math.max(minutes, BUSY_MINUTES) * 60_000));
    return null;
  },
};

function untouchedFor(table: 'content' | 'artifact', minutes: number): Sql {
  const limit = sql`clock_timestamp() - make_interval(mins => ${Math.min(minutes, 2 ** 31 - 1)}::int)`;
  return table === 'content'
    ? sql`content.timestamp_of_interest < ${limit}`
    : sql`artifact.timestamp_of_interest < ${limit}`;
}

async function cleanContent(job: Job, condition: Sql): Promise<void> {
  const { database } = job.services;
  const orphans = sql`select content.id from content where ${condition}
    and not exists (select from repository_content rc where rc.content_id = content.id)
    and not exists (select from task_content busy where busy.content_id = content.id)`;
  const progress = await openCounted(job, database, 'clean-up.content', 'Clean up orphan Content', orphans);
  for (;;) {
    job.signal.throwIfAborted();
    const deleted = await database.execute(sql`delete from content where id in (${orphans} limit ${BATCH})`);
    progress.add(deleted);
    if (deleted < BATCH) break;
  }
  await progress.complete();
}

async function cleanArtifacts(job: Job, minutes: number): Promise<void> {
  const { database, store } = job.services;
  const orphans = sql`select artifact.id from artifact where ${untouchedFor('artifact', minutes)}
    and not exists (select from content_artifact used where used.artifact_id = artifact.id)
    and not exists (select from published_metadata used where used.artifact_id = artifact.id)`;
  const progress = await openCounted(job, database, 'clean-up.artifacts', 'Clean up orphan Artifacts', orphans);
  for (;;) {
    job.signal.throwIfAborted();
    const rows = await database.query<{ sha256: string }>(
      sql`delete from artifact where id in (${orphans} limit ${BATCH}) returning sha256`,
    );
    await removeFiles(
      rows.map(({ sha256 }) => sha256),
      (sha256) => store.remove(sha256),
    );
    progress.add(rows.length);
    if (rows.length < BATCH) break;
  }
  await progress.complete();
}

async function openCounted(job: Job, database: Database, code: string, message: string, ids: Sql): Promise<Progress> {
  const { count } = await database.one<{ count: number }>(sql`select count(*) as count from (${ids}) orphans`);
  return job.progress({ code, message, total: count });
}

async function removeFiles(names: readonly string[], remove: (name: string) => Promise<void>): Promise<void> {
  const queue = names.values();
  const work = async () => {
    for (const name of queue) await remove(name);
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
}
