import { dispatch } from '../../core/task/dispatch.ts';
import { dispatchImmediate } from '../../core/task/immediate.ts';
import { DIAGNOSTICS } from '../../core/task/profile.ts';
import type { Json, TaskRow } from '../../core/task/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Answer, Call } from '../call.ts';

export interface TaskRequest {
  name: string;
  args: { [key: string]: Json };
  exclusive?: readonly string[];
  shared?: readonly string[];
}

/** Queues a task in the name of who called. */
export function queueTask(call: Call, request: TaskRequest): Promise<TaskRow> {
  const { database, services } = call.api;
  const whole = complete(call, request, false);
  const diagnostics = wantedDiagnostics(call);
  if (diagnostics.length === 0) return dispatch(database, services.secrets, whole);
  return database.transaction(async (tx) => {
    const task = await dispatch(tx, services.secrets, whole);
    await tx.execute(sql`update task set diagnostics = ${diagnostics} where id = ${task.id}`);
    return task;
  });
}

/** Of the header X-Task-Diagnostics what this server can measure. */
function wantedDiagnostics({ request }: Call): string[] {
  const names = `${request.headers['x-task-diagnostics'] ?? ''}`.split(',').map((name) => name.trim());
  return DIAGNOSTICS.filter((name) => names.includes(name));
}

/** 202 for a task that waits for a worker. */
export async function taskAnswer(call: Call, request: TaskRequest): Promise<Answer> {
  return accepted(call, await queueTask(call, request));
}

/** 202 for a short task that has run already when its resources were free (v3-api.md 3.6). */
export async function immediateAnswer(call: Call, request: TaskRequest): Promise<Answer> {
  return accepted(call, await dispatchImmediate(call.api.services, complete(call, request, true)));
}

function complete(call: Call, request: TaskRequest, immediate: boolean) {
  return {
    name: request.name,
    args: request.args,
    exclusive: request.exclusive ?? [],
    shared: request.shared ?? [],
    immediate,
    createdBy: call.account?.id ?? null,
    cid: call.cid,
    parentId: null,
    groupId: null,
  };
}

/** Exactly one member: with a second one clients would take it for a plain result (v3-api.md 9.1). */
function accepted(call: Call, task: TaskRow): Answer {
  return { status: 202, body: { task: call.api.hrefs.href('task', null, task.id) } };
}
