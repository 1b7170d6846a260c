import { dispatch } from '../src/core/task/dispatch.ts';
import type { Json } from '../src/core/task/types.ts';
import type { Queryable, Transaction } from '../src/platform/postgres/database.ts';
import { sql } from '../src/platform/postgres/sql.ts';
import { href, type V2Request } from './operation.ts';

/** Work to be queued, as v2 knows it. */
export type V2Call = {
  /** Name of the task definition and `task_type` of the Task Report. */
  readonly taskType: string;
  readonly tags: readonly string[];
  readonly args: { [key: string]: Json };
  /** PRNs that the task holds alone. */
  readonly exclusive: readonly string[];
  readonly shared: readonly string[];
};

export type SpawnedTask = { readonly _href: string; readonly task_id: string };

/** v2-api.md 2.1. */
export function callReport(tasks: readonly string[], result: unknown): object {
  return { spawned_tasks: tasks.map(spawnedTask), result, error: null };
}

export function spawnedTask(id: string): SpawnedTask {
  return { _href: href('tasks', id), task_id: id };
}

/** Queues a call in the open transaction; its id. */
export async function queueCall(tx: Transaction, request: V2Request, call: V2Call): Promise<string> {
  const { services } = request.app;
  const task = await dispatch(tx, services.secrets, {
    name: call.taskType,
    args: call.args,
    exclusive: call.exclusive,
    shared: call.shared,
    immediate: false,
    createdBy: request.account?.id ?? null,
    cid: request.cid,
    parentId: null,
    groupId: null,
  });
  await nameTask(tx, task.id, call);
  return task.id;
}

/** Queues a call; the Call Report of a 202. */
export async function queueReport(request: V2Request, call: V2Call): Promise<object> {
  const id = await request.app.services.database.transaction((tx) => queueCall(tx, request, call));
  return callReport([id], null);
}

/** Writes down how v2 calls a task. It may have begun already, and have done so itself. */
export async function nameTask(database: Queryable, id: string, call: Pick<V2Call, 'taskType' | 'tags'>) {
  await database.execute(sql`
    insert into v2_task (task_id, task_type, tags) values (${id}, ${call.taskType}, ${call.tags}::text[])
    on conflict (task_id) do nothing`);
}
