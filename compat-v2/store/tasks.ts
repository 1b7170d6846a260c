import type { Json, TaskFailure, TaskState } from '../../src/core/task/types.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import { constant, joinSql, type Sql, sql } from '../../src/platform/postgres/sql.ts';
import type { ErrorDocument } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { taskTags, taskType } from './task-names.ts';
import { isUuid } from './units.ts';

/** A progress report of the core. */
export type StepRow = { id: string; code: string; message: string; state: string; total: number | null; done: number };

/** A task with what v2 adds to it. */
export type TaskRowV2 = {
  id: string;
  state: TaskState;
  started_at: string | null;
  finished_at: string | null;
  failure: TaskFailure | null;
  name: string;
  task_type: string;
  tags: string[];
  result: Json;
  error: ErrorDocument | null;
  traceback: string | null;
  progress_report: JsonObject | null;
  /** Progress reports of a task that v3 dispatched. */
  steps: StepRow[] | null;
  is_reserved: boolean;
  children: string[];
};

export const TASK_TABLES = sql`task t left join v2_task v on v.task_id = t.id`;

/** Columns of a `TaskRowV2`. */
export function taskColumns(v2: V2App): Sql {
  return sql`t.id, t.state, t.started_at, t.finished_at, t.error as failure, t.name, ${taskType(v2)} as task_type,
    ${taskTags(v2)} as tags, v.result, v.error, v.traceback, v.progress_report, ${STEPS} as steps, ${IS_RESERVED} as is_reserved,
    array(select child.id::text from task child where child.parent_id = t.id order by child.seq) as children`;
}

const STEPS = sql`(case when v.task_id is null then (
  select json_agg(step order by step.seq) from progress_report step where step.task_id = t.id) end)`;

/** Every task names the domain, shared; whatever else it names is held until it ends. */
const IS_RESERVED = sql`cardinality(t.reserved_resources_record) > 1`;

/**
 * v2's states. A task that was told to stop counts as canceled from then on (v2-api.md 2.4), though its worker may need
 * a moment.
 */
export const STATES: Readonly<Record<TaskState, string>> = {
  waiting: 'waiting',
  running: 'running',
  canceling: 'canceled',
  skipped: 'skipped',
  completed: 'finished',
  failed: 'error',
  canceled: 'canceled',
};

export const STATE_V2: Sql = sql`(case t.state ${joinSql(
  Object.entries(STATES).map(([state, name]) => sql`when ${constant(state)} then ${constant(name)}`),
  ' ',
)} end)`;

export async function findTask(v2: V2App, database: Queryable, id: string): Promise<TaskRowV2 | null> {
  if (!isUuid(id)) return null;
  return database.find<TaskRowV2>(sql`select ${taskColumns(v2)} from ${TASK_TABLES} where t.id = ${id}`);
}

/** Deletes ended tasks of the given states of the core. */
export async function purgeTasks(database: Queryable, states: readonly TaskState[]): Promise<void> {
  const batch = 5000;
  let deleted = batch;
  while (deleted === batch) {
    deleted = await database.execute(sql`
      delete from task where id in (select id from task where state = any (${states}::text[]) limit ${batch})`);
  }
}
