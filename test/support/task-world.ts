import { setTimeout as delay } from 'node:timers/promises';
import type { Services } from '../../src/core/services.ts';
import { dispatch } from '../../src/core/task/dispatch.ts';
import { getTask } from '../../src/core/task/reader.ts';
import type {
  DispatchRequest,
  Json,
  TaskDefinition,
  TaskObserver,
  TaskRow,
  TaskState,
} from '../../src/core/task/types.ts';
import { startWorker, type Worker } from '../../src/core/task/worker.ts';
import { createTestDatabase } from './database.ts';
import { createTestServices } from './services.ts';

/** A queue on a database of its own, with tasks of the test's. */
export interface TaskWorld {
  services: Services;
  /** The services of another process. */
  another(): Services;
  request(name: string, options?: Partial<DispatchRequest>): DispatchRequest;
  queue(name: string, options?: Partial<DispatchRequest>): Promise<TaskRow>;
  /** Starts a worker in this process; it stops with `stopWorkers`. */
  work(services?: Services): Promise<void>;
  stopWorkers(): Promise<void>;
  until(id: string, ...states: TaskState[]): Promise<TaskRow>;
  close(): Promise<void>;
}

export async function createTaskWorld(
  tasks: readonly TaskDefinition[],
  observers: readonly TaskObserver[] = [],
): Promise<TaskWorld> {
  const test = await createTestDatabase();
  const { services, another, remove } = createTestServices(test.database, tasks, observers);
  const workers: Worker[] = [];

  function request(name: string, options: Partial<DispatchRequest> = {}): DispatchRequest {
    const nothing = { exclusive: [], shared: [], createdBy: null, cid: '', parentId: null, groupId: null };
    return { name, args: { ms: 0 } as { [key: string]: Json }, immediate: false, ...nothing, ...options };
  }

  return {
    services,
    another,
    request,
    queue: (name, options) => dispatch(services.database, services.secrets, request(name, options)),
    async work(given = another()) {
      workers.push(await startWorker(given));
    },
    async stopWorkers() {
      await Promise.all(workers.splice(0).map((worker) => worker.stop(0)));
    },
    async until(id, ...states) {
      for (;;) {
        const task = await getTask(services.database, id);
        if (states.includes(task.state)) return task;
        await delay(10);
      }
    },
    async close() {
      remove();
      await test.drop();
    },
  };
}
