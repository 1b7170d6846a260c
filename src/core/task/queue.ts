import type { Database, Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { isTransient } from '../../platform/postgres/transient.ts';
import type { Services } from '../services.ts';
import type { Json, TaskFailure, TaskRow, TaskState } from './types.ts';

export interface TaskEnd {
  state: 'completed' | 'failed' | 'canceled';
  result: Json;
  error: TaskFailure | null;
  created: readonly string[];
}

/**
 * Takes the next task. Not made durable by itself: a claim that a crash undoes leaves the task waiting, and whatever
 * the task writes is committed durably after it. Measured with two workers: see test/bench.
 */
export function claimTask(database: Database, processId: string): Promise<TaskRow | null> {
  return database.find<TaskRow>(sql`
    select claimed.* from (select set_config('synchronous_commit', 'off', true)) fast, task_claim(${processId}) claimed`);
}

/** Starts a given task in this process, if its resources are free now. When the answer is lost, this looks for it. */
export async function startTask(database: Database, taskId: string, processId: string): Promise<TaskRow | null> {
  const start = () => database.find<TaskRow>(sql`select * from task_start(${taskId}, ${processId})`);
  try {
    return await start();
  } catch (error) {
    if (!isTransient(error)) throw error;
    const started = await database.find<TaskRow>(
      sql`select * from task where id = ${taskId} and worker_id = ${processId} and state = 'running'`,
    );
    return started ?? start();
  }
}

/**
 * Ends a task for the process that has it (null: it waits) and tells the observers, in one transaction. False: it was not
 * in one of those states (any more), or another process has it.
 */
export async function endTask(
  services: Services,
  task: Pick<TaskRow, 'id' | 'name' | 'worker_id'>,
  from: readonly TaskState[],
  end: TaskEnd,
): Promise<boolean> {
  const observers = services.observers.filter((observer) => observer.names.has(task.name));
  if (observers.length === 0) return endRow(services.database, task, from, end);
  return services.database.transaction(async (tx) => {
    if (!(await endRow(tx, task, from, end))) return false;
    const ended = await tx.one<TaskRow>(sql`select * from task where id = ${task.id}`);
    for (const observer of observers) await observer.ended(tx, ended, services);
    return true;
  });
}

async function endRow(
  database: Queryable,
  { id, worker_id: holder }: Pick<TaskRow, 'id' | 'worker_id'>,
  from: readonly TaskState[],
  end: TaskEnd,
): Promise<boolean> {
  const { done } = await database.one<{ done: boolean }>(sql`
    select task_end(${id}, ${holder}, ${from}::text[], ${end.state}, ${jsonOrNull(end.result)}::jsonb,
      ${jsonOrNull(end.error)}::jsonb, ${end.created}::text[]) as done`);
  return done;
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

/**
 * Asks a task to stop: a waiting one is canceled here and now, a running one by its worker (state canceling until then).
 * Gives the task as it is afterwards and whether anything was done: false when it had ended already.
 */
export async function cancelTask(services: Services, taskId: string): Promise<{ task: TaskRow; done: boolean } | null> {
  const { database } = services;
  const task = await database.find<TaskRow>(sql`select * from task where id = ${taskId}`);
  if (!task) return null;
  const end: TaskEnd = { state: 'canceled', result: null, error: null, created: [] };
  let done = task.state === 'waiting' && (await endTask(services, task, ['waiting'], end));
  if (!done) {
    const asked = await database.execute(sql`
      with asked as (
        update task set state = 'canceling', updated = clock_timestamp() where id = ${taskId} and state = 'running'
        returning id
      )
      select pg_notify('pulp_worker_cancel', id::text) from asked`);
    done = asked > 0;
  }
  return { task: await database.one<TaskRow>(sql`select * from task where id = ${taskId}`), done };
}
