import { hostname } from 'node:os';
import { constant, type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import type { V2App } from '../../operation.ts';
import { hasTag, taskTags, taskType } from '../../store/task-names.ts';
import { STATE_V2, TASK_TABLES, taskColumns } from '../../store/tasks.ts';
import { compileCondition } from '../compile.ts';
import type { Condition } from '../condition.ts';
import type { Criteria } from '../criteria.ts';
import { type FieldTable, fieldTable } from '../field.ts';
import { orderBy, orderKeys, slice } from '../order.ts';

export const TASKS = 'task_status';

/** Tasks that match, in order. */
export function taskQuery(v2: V2App, criteria: Criteria): Sql {
  const fields = taskFields(v2);
  return sql`
    select ${taskColumns(v2)} from ${TASK_TABLES} where ${compileCondition(criteria.filter, fields)}
    ${orderBy([...orderKeys(criteria.sort, fields, TASKS, null), sql`t.seq`])} ${slice(criteria)}`;
}

/** Tasks without a group that carry all of the tags. */
export function withTags(tags: readonly string[]): Condition {
  const operands = tags.map((tag) => ({ json: tag }));
  const alone: Condition = { kind: 'field', path: ['group_id'], tests: [{ kind: 'equal', operand: { json: null } }] };
  if (tags.length === 0) return alone;
  return { kind: 'and', of: [alone, { kind: 'field', path: ['tags'], tests: [{ kind: 'all', operands }] }] };
}

/** No name is translated; `group_id` can be searched for, but is never shown. */
export function taskFields(v2: V2App): FieldTable {
  const none = { kind: 'text', sql: sql`null::text` } as const;
  const objectId = { kind: 'text', sql: sql`left(replace(t.id::text, '-', ''), 24)` } as const;
  const worker = sql`('reserved_resource_worker-' || (cardinality(t.reserved_resources_record) > 1)::int || ${`@${hostname()}`})`;
  return fieldTable({
    task_id: { kind: 'uuid', sql: sql`t.id` },
    id: objectId,
    _id: objectId,
    _ns: { kind: 'text', sql: constant(TASKS) },
    task_type: { kind: 'text', sql: taskType(v2) },
    tags: { kind: 'texts', sql: taskTags(v2), contains: (tag) => hasTag(v2, tag) },
    state: { kind: 'text', sql: STATE_V2 },
    group_id: { kind: 'uuid', sql: sql`t.group_id` },
    start_time: { kind: 'iso', sql: sql`t.started_at` },
    finish_time: { kind: 'iso', sql: sql`t.finished_at` },
    worker_name: { kind: 'text', sql: worker },
    progress_report: { kind: 'json', sql: sql`coalesce(v.progress_report, '{}')` },
    result: { kind: 'json', sql: sql`v.result` },
    error: { kind: 'json', sql: sql`v.error` },
    traceback: { kind: 'text', sql: sql`coalesce(v.traceback, t.error ->> 'traceback')` },
    exception: none,
    spawned_tasks: {
      kind: 'texts',
      sql: sql`array(select child.id::text from task child where child.parent_id = t.id)`,
    },
  });
}
