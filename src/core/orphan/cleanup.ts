import { identifier, type Sql, sql } from '../../platform/postgres/sql.ts';
import { removeUnnamed } from '../artifact/remove-unnamed.ts';
import type { ProgressOptions } from '../task/progress.ts';
import type { Job, TaskDefinition } from '../task/types.ts';

export const ORPHAN_CLEANUP = 'pulpcore.app.tasks.orphan.orphan_cleanup';

const BATCH = 10_000;
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
  const orphans = sql`select content.id from content where ${condition}
    and not exists (select from repository_content rc where rc.content_id = content.id)
    and not exists (select from task_content busy where busy.content_id = content.id)`;
  await deleteCounted(job, 'content', { code: 'clean-up.content', message: 'Clean up orphan Content' }, orphans);
}

async function cleanArtifacts(job: Job, minutes: number): Promise<void> {
  const orphans = sql`select artifact.id from artifact where ${untouchedFor(job, 'artifact', minutes)}
    and not exists (select from content_artifact used where used.artifact_id = artifact.id)
    and not exists (select from published_metadata used where used.artifact_id = artifact.id)`;
  await deleteCounted(job, 'artifact', { code: 'clean-up.artifacts', message: 'Clean up orphan Artifacts' }, orphans);
}

/** Deletes the rows whose ids `orphans` selects, in batches that are counted in a progress report. */
async function deleteCounted(
  job: Job,
  table: 'content' | 'artifact',
  report: Pick<ProgressOptions, 'code' | 'message'>,
  orphans: Sql,
): Promise<void> {
  const { database } = job.services;
  const { count } = await database.one<{ count: number }>(sql`select count(*) as count from (${orphans}) orphans`);
  const progress = await job.progress({ ...report, total: count });
  for (;;) {
    job.signal.throwIfAborted();
    const deleted = await database.execute(
      sql`delete from ${identifier(table)} where id in (${orphans} limit ${BATCH})`,
    );
    progress.add(deleted);
    if (deleted < BATCH) break;
  }
  await progress.complete();
}

/**
 * Removes files that no row names: those of the rows just deleted, and those that a crash left between bytes and row.
 * The lock is taken folder by folder, so that whoever stores bytes does not wait for long.
 */
async function removeUnnamedBytes({ services, signal }: Job): Promise<void> {
  for await (const files of services.store.list()) {
    signal.throwIfAborted();
    await removeUnnamed(services, files);
  }
}
