import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '../../platform/postgres/sql.ts';
import type { Services } from '../services.ts';
import { closeProgress } from './progress.ts';
import { endTask } from './queue.ts';
import type { TaskRow } from './types.ts';

/**
 * Ends the tasks of processes that died: nobody holds their advisory lock any more. Running ones fail, those that were
 * being canceled are canceled (v3-api.md 3.4). Safe to run anywhere, any number of times, by several at once.
 * Returns the number of tasks ended.
 */
export async function recoverLostTasks(services: Services): Promise<number> {
  const lost = await services.database.query<TaskRow>(sql`
    select task.* from task
    where state in ('running', 'canceling') and not exists (
      select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
        and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32 | objid::bigint) = hashtextextended(task.worker_id::text, 84))`);
  let ended = 0;
  for (const task of lost) {
    const canceled = task.state === 'canceling';
    const done = await endTask(services, task, [task.state], {
      state: canceled ? 'canceled' : 'failed',
      result: null,
      error: canceled ? null : { reason: 'Worker has gone missing.' },
      created: [],
    });
    if (!done) continue;
    ended += 1;
    await closeProgress(services.database, task.id, 'canceled');
    await rm(join(services.settings.workingDirectory, `${task.worker_id}`), { recursive: true, force: true });
  }
  await forgetMissingProcesses(services);
  return ended;
}

/** Rows of processes silent for a hundred lifetimes; until then they show as missing. */
async function forgetMissingProcesses(services: Services): Promise<void> {
  const seconds = services.settings.workerTtl * 100;
  await services.database.execute(
    sql`delete from app_status where last_heartbeat < clock_timestamp() - make_interval(secs => ${seconds})`,
  );
}
