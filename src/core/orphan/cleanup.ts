import type { Database } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import { BYTES_LOCK } from '../artifact/store.ts';
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
    await cleanContent(job, sql`${chosen} and ${untouchedFor(job, 'content', minutes)}`);
    await cleanArtifacts(job, minutes);
    await removeUnnamedBytes(job);
    await job.services.store.sweepTemp(new Date(Date.now() - Math.max(minutes, BUSY_MINUTES) * 60_000));
    return null;
  },
};

/**
 * Whatever a task at work has touched stays, however short the protection, and what was stored for one that waits:
 * touching is noted to the minute, so the limit is a minute before the first of them started or was made.
 */
function untouchedFor(job: Job, table: 'content' | 'artifact', minutes: number): Sql {
  const limit = sql`(
    select least(clock_timestamp() - make_interval(mins => ${Math.min(minutes, 2 ** 31 - 1)}::int),
      min(coalesce(started_at, created)) - interval '1 minute')
    from task where state in ('waiting', 'running', 'canceling') and id <> ${job.id})`;
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
  const { database } = job.services;
  const orphans = sql`select artifact.id from artifact where ${untouchedFor(job, 'artifact', minutes)}
    and not exists (select from content_artifact used where used.artifact_id = artifact.id)
    and not exists (select from published_metadata used where used.artifact_id = artifact.id)`;
  const progress = await openCounted(job, database, 'clean-up.artifacts', 'Clean up orphan Artifacts', orphans);
  for (;;) {
    job.signal.throwIfAborted();
    const deleted = await database.execute(sql`delete from artifact where id in (${orphans} limit ${BATCH})`);
    progress.add(deleted);
    if (deleted < BATCH) break;
  }
  await progress.complete();
}

/**
 * Removes files that no row names: those of the rows just deleted, and those that a crash left between bytes and row.
 * The lock, taken folder by folder, keeps out whoever stores bytes and has not named them yet (artifact/store.ts).
 */
async function removeUnnamedBytes({ services, signal }: Job): Promise<void> {
  const { database, store } = services;
  for await (const files of store.list()) {
    signal.throwIfAborted();
    await database.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${BYTES_LOCK})`);
      const unnamed = await tx.query<{ sha256: string }>(sql`
        select sha256 from unnest(${files}::text[]) sha256
        where not exists (select from artifact where artifact.sha256 = sha256.sha256)`);
      await removeFiles(
        unnamed.map(({ sha256 }) => sha256),
        (sha256) => store.remove(sha256),
      );
    });
  }
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
