import type { Transaction } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import { nextAfter, parseInterval } from '../../platform/schedule/interval.ts';
import type { Services } from '../services.ts';
import { dispatch } from './dispatch.ts';
import type { DispatchRequest } from './types.ts';

export interface ScheduleRow {
  id: string;
  name: string;
  task_name: string;
  arguments: string;
  resource: string | null;
  iso_interval: string;
  enabled: boolean;
  first_dispatch: string;
  next_dispatch: string | null;
  last_dispatch: string | null;
  remaining_dispatches: number | null;
  dispatch_count: number;
  failure_threshold: number | null;
  consecutive_failures: number;
  last_task_id: string | null;
  created: string;
  updated: string;
}

/** What a schedule dispatches; stored encrypted like the arguments of a task. */
export type ScheduledRequest = Pick<DispatchRequest, 'name' | 'args' | 'exclusive' | 'shared'>;

/**
 * Dispatches what is due; the clock may call it late, twice, or from several processes. After an outage there is one
 * catch-up. A schedule whose last task has not ended yet waits (v3-api.md 3.11), and one that cannot be dispatched keeps
 * none of the others from it. Returns the number of tasks queued.
 */
export async function dispatchDue(services: Services, now: Date): Promise<number> {
  const due = await services.database.query<{ id: string }>(
    sql`select id from schedule where ${isDue(now)} order by next_dispatch, id`,
  );
  let dispatched = 0;
  for (const { id } of due) {
    try {
      if (await services.database.transaction((tx) => dispatchOne(services, tx, id, now))) dispatched += 1;
    } catch (error) {
      services.log.error({ err: error, schedule: id }, 'a schedule could not be dispatched');
    }
  }
  return dispatched;
}

function isDue(now: Date): Sql {
  return sql`(enabled and next_dispatch <= ${now.toISOString()} and not exists (
    select from task where task.id = last_task_id and state in ('waiting', 'running', 'canceling')))`;
}

/** False when another process was faster. */
async function dispatchOne(services: Services, tx: Transaction, id: string, now: Date): Promise<boolean> {
  const schedule = await tx.find<ScheduleRow>(
    sql`select * from schedule where id = ${id} and ${isDue(now)} for update skip locked`,
  );
  if (!schedule) return false;
  const request = JSON.parse(services.secrets.open(schedule.arguments)) as ScheduledRequest;
  const task = await dispatch(tx, services.secrets, {
    ...request,
    immediate: false,
    createdBy: null,
    cid: '',
    parentId: null,
    groupId: null,
  });
  const remaining = schedule.remaining_dispatches === null ? null : schedule.remaining_dispatches - 1;
  const next = nextAfter(parseInterval(schedule.iso_interval), new Date(schedule.first_dispatch), now);
  await tx.execute(sql`
    update schedule set last_task_id = ${task.id}, last_dispatch = ${now.toISOString()},
      next_dispatch = ${next?.toISOString() ?? null}, dispatch_count = dispatch_count + 1,
      remaining_dispatches = ${remaining}, enabled = ${remaining === null || remaining > 0},
      updated = clock_timestamp()
    where id = ${schedule.id}`);
  return true;
}
