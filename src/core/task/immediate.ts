import { sql } from '../../platform/postgres/sql.ts';
import type { Services } from '../services.ts';
import { dispatch } from './dispatch.ts';
import { runJob } from './job.ts';
import { startTask } from './queue.ts';
import { getTask } from './reader.ts';
import type { DispatchRequest, TaskRow } from './types.ts';

const LIMIT_MS = 5000;

/**
 * Queues a short task and, when its resources are free, runs it in this process before returning (v3-api.md 3.6). The
 * task that comes back is final then; it may have failed.
 */
export async function dispatchImmediate(services: Services, request: DispatchRequest): Promise<TaskRow> {
  const queued = await dispatch(services.database, services.secrets, { ...request, immediate: true });
  const started = await startTask(services.database, queued.id, services.processId);
  if (!started) {
    await services.database.execute(sql`select pg_notify('pulp_worker_wakeup', '')`);
    return getTask(services.database, queued.id);
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort('[PLP0024] The task timed out after 5 seconds.'), LIMIT_MS);
  await runJob(services, started, controller).finally(() => clearTimeout(timer));
  return getTask(services.database, queued.id);
}
