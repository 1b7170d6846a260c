import { cancelTask } from '../../src/core/task/queue.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { missingResource } from '../errors.ts';
import { ok, operations, type Reply, type V2Request } from '../operation.ts';
import { STATE_V2 } from '../store/tasks.ts';
import { isUuid } from '../store/units.ts';

/** v2-api.md 2.5: groups are counted and canceled, never shown. */
export const TASK_GROUP_OPERATIONS = operations('taskgroup', [
  ['GET', 'task_groups/:group/', 'READ', 'none', getGroup],
  ['DELETE', 'task_groups/:group/', 'DELETE', 'none', cancelGroup],
  ['GET', 'task_groups/:group/state_summary/', 'READ', 'none', summarise],
]);

async function getGroup({ params }: V2Request): Promise<Reply> {
  throw missingResource({ resource_id: params.group ?? '' });
}

async function cancelGroup({ app, params }: V2Request): Promise<Reply> {
  const members = await memberIds(app.services.database, params.group ?? '');
  if (members.length === 0) throw missingResource({});
  for (const id of members) await cancelTask(app.services, id);
  return ok(null);
}

async function memberIds(database: V2Request['app']['services']['database'], group: string): Promise<string[]> {
  if (!isUuid(group)) return [];
  const rows = await database.query<{ id: string }>(sql`select id from task where group_id = ${group} order by seq`);
  return rows.map(({ id }) => id);
}

const NO_TASKS = {
  ...{ accepted: 0, finished: 0, running: 0, canceled: 0, waiting: 0, skipped: 0, suspended: 0, error: 0 },
};

/** Zeros for groups that do not exist. */
async function summarise({ app, params }: V2Request): Promise<Reply> {
  const { group = '' } = params;
  if (!isUuid(group)) return ok({ ...NO_TASKS, total: 0 });
  const rows = await app.services.database.query<{ state: string; count: number }>(
    sql`select ${STATE_V2} as state, count(*) as count from task t where t.group_id = ${group} group by 1`,
  );
  const counts = Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  return ok({ ...NO_TASKS, ...counts, total: rows.reduce((sum, { count }) => sum + count, 0) });
}
