import { sql } from '../../platform/postgres/sql.ts';
import type { TaskDefinition } from '../task/types.ts';

export const PURGE = 'pulpcore.app.tasks.purge.purge';

const BATCH = 1000;

/** Deletes tasks in the given final states that ended before a date, with what belongs to them. */
export const purgeTasks: TaskDefinition = {
  name: PURGE,
  async run(job, args) {
    const { database } = job.services;
    const states = args.states as string[];
    const purged = await job.progress({
      code: 'purge.tasks.key.core.Task',
      message: 'Purged task-objects of type core.Task',
      total: 0,
    });
    const total = await job.progress({
      code: 'purge.tasks.total',
      message: 'Purged task-related-objects total',
      total: 0,
    });
    const failed = await job.progress({ code: 'purge.tasks.error', message: 'Tasks failed to purge', total: 0 });
    let count = 0;
    for (;;) {
      job.signal.throwIfAborted();
      const deleted = await database.execute(sql`
        delete from task where id in (
          select id from task where finished_at < ${args.finished_before} and state = any (${states}::text[])
          and id <> ${job.id} limit ${BATCH})`);
      count += deleted;
      for (const progress of [purged, total]) {
        progress.add(deleted);
        progress.setTotal(count);
      }
      if (deleted < BATCH) break;
    }
    for (const progress of [purged, total, failed]) await progress.complete();
    return null;
  },
};
