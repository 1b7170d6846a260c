import { setTimeout as delay } from 'node:timers/promises';
import { isTransient } from '../../platform/postgres/transient.ts';
import type { Services } from '../services.ts';
import { endTask, type TaskEnd } from './queue.ts';
import type { TaskRow, TaskState } from './types.ts';

const RETRY_MS = 1000;

const UNSTORABLE: TaskEnd = {
  state: 'failed',
  result: null,
  error: { description: 'What came of the task could not be stored.' },
  created: [],
};

/**
 * Ends a task whatever happens: one that stays behind as running would keep its resources as long as its process lives.
 * While the database is away this waits for it. What an observer or the database refuses is recorded without the
 * observers, then without the details. Gives false when the task was not in one of those states (any more).
 */
export async function endSurely(
  services: Services,
  task: TaskRow,
  from: readonly TaskState[],
  end: TaskEnd,
): Promise<boolean> {
  const silent = { ...services, observers: [] };
  const attempts = [
    () => endTask(services, task, from, end),
    () => endTask(silent, task, from, end),
    () => endTask(silent, task, from, UNSTORABLE),
  ];
  let failures = 0;
  for (let index = 0; ; ) {
    try {
      return (await attempts[index]?.()) ?? false;
    } catch (error) {
      if (failures === 0) services.log.error({ err: error, task: task.id }, 'the end of a task could not be recorded');
      failures += 1;
      if (isTransient(error) || index === attempts.length - 1) await delay(RETRY_MS);
      else index += 1;
    }
  }
}
