import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import type { Services } from '../services.ts';
import { endSurely } from './ending.ts';
import { closeProgress } from './progress.ts';
import type { TaskRow } from './types.ts';

/** A process whose connection broke has another one within half a second (platform/postgres/listen.ts). */
const SECOND_LOOK_MS = 2000;

const SHOWS_NO_LIFE: Sql = sql`not exists (
  select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32 | objid::bigint) = hashtextextended(task.worker_id::text, 84))`;

/**
 * Ends the tasks of processes that died: nobody holds their advisory lock any more, at two looks. Running ones fail, those
 * that were being canceled are canceled (v3-api.md 3.4). Safe to run anywhere, any number of times, by several at once.
 * Returns the number of tasks ended.
 */
export async function recoverLostTasks(services: Services): Promise<number> {
  const suspected = await findTasks(services, SHOWS_NO_LIFE);
  if (suspected.length > 0) await delay(SECOND_LOOK_MS);
  const lost = suspected.length > 0 ? await findTasks(services, SHOWS_NO_LIFE) : [];
  const known = new Set(suspected.map(nameOf));
  const ended = await endAll(
    services,
    lost.filter((task) => known.has(nameOf(task))),
  );
  await forgetMissingProcesses(services);
  return ended;
}

/** The same at once, for a process that is known to have ended. */
export async function recoverTasksOf(services: Services, processId: string): Promise<number> {
  return endAll(services, await findTasks(services, sql`worker_id = ${processId}`));
}

function findTasks({ database }: Services, condition: Sql): Promise<TaskRow[]> {
  return database.query<TaskRow>(sql`select task.* from task where state in ('running', 'canceling') and ${condition}`);
}

function nameOf({ id, worker_id }: TaskRow): string {
  return `${id} ${worker_id}`;
}

async function endAll(services: Services, lost: readonly TaskRow[]): Promise<number> {
  let ended = 0;
  for (const task of lost) {
    const canceled = task.state === 'canceling';
    const done = await endSurely(services, task, [task.state], {
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
  return ended;
}

/** Rows of processes silent for a hundred lifetimes; until then they show as missing. */
async function forgetMissingProcesses(services: Services): Promise<void> {
  const seconds = services.settings.workerTtl * 100;
  await services.database.execute(
    sql`delete from app_status where last_heartbeat < clock_timestamp() - make_interval(secs => ${seconds})`,
  );
}
