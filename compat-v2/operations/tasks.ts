import { cancelTask } from '../../src/core/task/queue.ts';
import type { TaskState } from '../../src/core/task/types.ts';
import { codedError, forbiddenError, missingResource } from '../errors.ts';
import { ok, operations, type Reply, type V2Request } from '../operation.ts';
import { presentSingleTask, presentTask, presentTaskFields } from '../present/task.ts';
import { TASKS, taskFields, taskQuery, withTags } from '../search/collections/tasks.ts';
import type { Criteria } from '../search/criteria.ts';
import { assertFields } from '../search/order.ts';
import { search } from '../search/run.ts';
import { findTask, purgeTasks, type TaskRowV2 } from '../store/tasks.ts';
import { isUuid } from '../store/units.ts';
import { listReply } from './list-reply.ts';
import { requestCriteria } from './search.ts';

/** v2-api.md 4.13. */
export const TASK_OPERATIONS = operations('task', [
  ['GET', 'tasks/', 'READ', 'none', listTasks],
  ['DELETE', 'tasks/', 'DELETE', 'none', purge],
  ['GET', 'tasks/search/', 'READ', 'none', searchTasks],
  ['POST', 'tasks/search/', 'READ', 'object', searchTasks],
  ['GET', 'tasks/:task/', 'READ', 'none', getTask],
  ['DELETE', 'tasks/:task/', 'DELETE', 'none', cancel],
]);

async function listTasks(request: V2Request): Promise<Reply> {
  const filter = withTags(request.query.getAll('tag'));
  return find(request, { filter, sort: [], limit: null, skip: 0, fields: null });
}

async function searchTasks(request: V2Request): Promise<Reply> {
  const criteria = requestCriteria(request, []);
  assertFields(criteria.fields, taskFields(request), TASKS);
  return find(request, criteria);
}

async function find(request: V2Request, criteria: Criteria): Promise<Reply> {
  const { fields } = criteria;
  const present = fields ? (row: TaskRowV2) => presentTaskFields(row, fields) : presentTask;
  const { database } = request.app.services;
  const found = await search<TaskRowV2, object>(database, taskQuery(request, criteria), (rows) => rows.map(present));
  return listReply(found);
}

async function getTask(request: V2Request): Promise<Reply> {
  const { task = '' } = request.params;
  const row = await findTask(request, request.app.services.database, task);
  if (!row) throw missingResource({ resource_id: task });
  return ok(presentSingleTask(row));
}

/** A task that ended already stays as it is. */
async function cancel({ app, params }: V2Request): Promise<Reply> {
  const { task = '' } = params;
  const asked = isUuid(task) ? await cancelTask(app.services, task) : null;
  if (!asked) throw missingResource({ resource_id: task });
  return ok(null);
}

const PURGED: ReadonlyMap<string, TaskState> = new Map([
  ['finished', 'completed'],
  ['error', 'failed'],
  ['skipped', 'skipped'],
]);

async function purge({ app, query }: V2Request): Promise<Reply> {
  const names = query.getAll('state');
  if (names.length === 0) throw forbiddenError('PLP1012', 'No task state given to parameters list for delete.');
  const states = names.map((state) => {
    const known = PURGED.get(state);
    if (!known) throw codedError('PLP1011', `Invalid task state passed to purge: ${state}.`, { state });
    return known;
  });
  await purgeTasks(app.services.database, states);
  return { status: 204 };
}
