import { sql } from '../../platform/postgres/sql.ts';
import type { Services } from '../services.ts';
import { claimTask } from './queue.ts';
import type { TaskRow } from './types.ts';

/**
 * Takes tasks for a worker that runs one at a time. When the answer to a claim is lost, the worker may have a task of
 * which it knows nothing, and which nobody takes for lost while it lives: the next claim looks for that first.
 */
export function createClaimer({ database, processId }: Services): () => Promise<TaskRow | null> {
  let inDoubt = false;
  return async () => {
    const claimed = inDoubt
      ? await database.find<TaskRow>(
          sql`select * from task where worker_id = ${processId} and state in ('running', 'canceling') limit 1`,
        )
      : null;
    inDoubt = true;
    const task = claimed ?? (await claimTask(database, processId));
    inDoubt = false;
    return task;
  };
}
