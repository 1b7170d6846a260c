import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import type { Config } from '../config/config.ts';
import type { Services } from '../core/services.ts';
import { recoverLostTasks } from '../core/task/recovery.ts';
import { listen } from '../platform/postgres/listen.ts';
import { sql } from '../platform/postgres/sql.ts';

/** What a worker process is told when it starts. */
export interface WorkerStart {
  config: Config;
  connection: ClientConfig;
  /** Hex. */
  secretKey: string;
}

export interface WorkerPool {
  /** Resolves when every worker has finished its task (or given it up after the grace interval) and ended. */
  stop(): Promise<void>;
  /** Aborts what a stop waits for. */
  hurry(): void;
}

/** Time a cancelled or aborted task has to end by itself before its worker is killed. */
const CANCEL_MS = 5000;
const RESTART_MS = 1000;

/**
 * Keeps `count` worker processes running. One that dies is replaced and its task ended; one that does not react to a
 * cancel, since its task hangs, is killed.
 */
export async function startWorkers(
  services: Services,
  bundleFolder: string,
  count: number,
  start: WorkerStart,
): Promise<WorkerPool> {
  const children = new Map<ChildProcess, string | null>();
  let stopping = false;

  function spawn(): Promise<void> {
    const child = fork(join(bundleFolder, 'worker.js'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.set(child, null);
    child.send(start);
    child.once('exit', () => ended(child));
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.on('message', (message: { ready: string }) => {
        children.set(child, message.ready);
        resolve();
      });
    });
  }

  function ended(child: ChildProcess): void {
    children.delete(child);
    if (stopping) return;
    services.log.error({ pid: child.pid, code: child.exitCode, signal: child.signalCode }, 'worker died');
    recoverLostTasks(services).catch((error) => services.log.error({ err: error }, 'recovery of lost tasks failed'));
    setTimeout(() => !stopping && void spawn(), RESTART_MS);
  }

  async function killIfHanging(taskId: string): Promise<void> {
    const task = await services.database.find<{ worker_id: string }>(
      sql`select worker_id from task where id = ${taskId} and state = 'canceling'`,
    );
    const hanging = [...children].find(([, workerId]) => workerId !== null && workerId === task?.worker_id);
    hanging?.[0].kill('SIGKILL');
  }

  const cancels = await listen(services.database, {
    channels: ['pulp_worker_cancel'],
    onNotice: (_channel, taskId) => {
      setTimeout(() => {
        killIfHanging(taskId).catch((error) => services.log.error({ err: error }, 'a hanging task was not killed'));
      }, CANCEL_MS);
    },
    onConnect: () => undefined,
    onError: (error) => services.log.error({ err: error }, 'lost the connection that hears of cancels'),
  });
  await Promise.all(Array.from({ length: count }, spawn));

  return {
    async stop() {
      stopping = true;
      await cancels.close();
      await Promise.all([...children.keys()].map(stopChild));
    },
    hurry() {
      for (const child of children.keys()) {
        child.send('abort', () => undefined);
        setTimeout(() => child.kill('SIGKILL'), CANCEL_MS).unref();
      }
    },
  };
}

function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.send('stop', () => undefined);
  });
}
