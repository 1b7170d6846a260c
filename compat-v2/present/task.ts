import { hostname } from 'node:os';
import { spawnedTask } from '../call-report.ts';
import type { ErrorDocument } from '../errors.ts';
import { objectIdOf, oid } from '../object-id.ts';
import { href, type JsonObject } from '../operation.ts';
import { STATES, type TaskRowV2 } from '../store/tasks.ts';
import { v2Time } from './times.ts';

/** Task Report as lists and searches show it (v2-api.md 2.3). */
export function presentTask(row: TaskRowV2): Record<string, unknown> {
  const { exception, task_type, ...rest } = members(row);
  return { exception, task_type, _href: href('tasks', row.id), ...rest };
}

/** The same as GET of one task shows it: with its queue. */
export function presentSingleTask(row: TaskRowV2): Record<string, unknown> {
  return { ...presentTask(row), queue: `${workerName(row)}.dq2` };
}

/** What members have that a search did not ask for: never the true values (v2-api.md 3.2). */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  ...{ exception: null, task_type: null, task_id: null, tags: [], finish_time: null, start_time: null },
  ...{ traceback: null, spawned_tasks: [], progress_report: {}, state: 'waiting', worker_name: null },
  ...{ result: null, error: null },
};

export function presentTaskFields(row: TaskRowV2, fields: readonly string[]): Record<string, unknown> {
  const wanted = new Set(fields);
  const report = Object.entries(presentTask(row)).filter(([name]) => name !== '_href' || wanted.has('task_id'));
  return Object.fromEntries(
    report.map(([name, value]) => [name, name in DEFAULTS && !wanted.has(name) ? DEFAULTS[name] : value]),
  );
}

function members(row: TaskRowV2) {
  const neverRan = row.started_at === null && STATES[row.state] === 'canceled';
  return {
    exception: null,
    task_type: row.task_type,
    task_id: row.id,
    tags: row.tags,
    finish_time: neverRan ? null : v2Time(row.finished_at),
    _ns: 'task_status',
    start_time: v2Time(row.started_at),
    traceback: row.traceback ?? row.failure?.traceback ?? null,
    spawned_tasks: row.children.map(spawnedTask),
    progress_report: row.progress_report ?? stepsOf(row),
    state: STATES[row.state],
    worker_name: workerName(row),
    result: row.result,
    error: row.error ?? failureOf(row),
    _id: oid(objectIdOf(row.id)),
    id: objectIdOf(row.id),
  };
}

const STEP_STATES: Readonly<Record<string, string>> = {
  waiting: 'NOT_STARTED',
  running: 'IN_PROGRESS',
  completed: 'FINISHED',
  failed: 'FAILED',
  skipped: 'SKIPPED',
  canceled: 'CANCELLED',
};

/**
 * Progress of a task that v3 dispatched, as a list of steps (v2-api.md 2.7). It is named after the task: under the name
 * of an importer, clients would look for what that importer reports.
 */
function stepsOf({ name, steps }: TaskRowV2): JsonObject {
  if (!steps || steps.length === 0) return {};
  const list = steps.map(({ id, code, message, state, total, done }) => ({
    step_id: id,
    step_type: code,
    description: message,
    details: '',
    state: STEP_STATES[state] ?? 'NOT_STARTED',
    items_total: total ?? done,
    num_processed: done,
    num_success: done,
    num_failures: 0,
    error_details: [],
  }));
  return { [name.slice(name.lastIndexOf('.') + 1)]: list };
}

/**
 * A name such as Pulp 2's workers had. Its resource manager bound a resource to one worker; here every worker takes any
 * task, so that the name can only tell tasks with a reservation from those without.
 */
function workerName({ is_reserved }: TaskRowV2): string {
  return `reserved_resource_worker-${is_reserved ? 1 : 0}@${hostname()}`;
}

/** The error of a task that ended without one of v2: dispatched by v3, or cut off. */
function failureOf({ id, state, failure }: TaskRowV2): (ErrorDocument & JsonObject) | null {
  if (state !== 'failed') return null;
  if (failure?.reason !== undefined) return workerDied(id);
  const description = failure?.description ?? 'The task failed.';
  return { code: failure?.error_code ?? 'PLP0000', description, data: {}, sub_errors: [] };
}

/** Only a lost worker gives a failed task a reason in place of a description. The words are those of the original. */
function workerDied(id: string): ErrorDocument & JsonObject {
  const description = `Worker terminated abnormally while processing task ${id}.  Check the logs for details`;
  return { code: 'PLP0049', description, data: { task_id: id }, sub_errors: [] };
}
