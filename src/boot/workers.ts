import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { ClientConfig } from 'pg';
import type { Config } from '../config/config.ts';
import type { Services } from '../core/services.ts';
import { recoverTasksOf } from '../core/task/recovery.ts';
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

/** Time a task that was told to stop has to end by itself before its worker is killed. */
const CANCEL_MS = 5000;
/** Before a worker is replaced; twice as long each time that one ends without having come up. */
const RESTART_MS = 1000;
const LONGEST_RESTART_MS = 30_000;

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

  function spawn(restartMs: number): Promise<void> {
    const child = fork(join(bundleFolder, 'worker.js'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.set(child, null);
    child.send(start, () => undefined);
    return new Promise((resolve) => {
      child.once('exit', () => {
        ended(child, restartMs);
        resolve();
      });
      child.on('message', (message: { ready: string }) => {
        children.set(child, message.ready);
        resolve();
      });
    });
  }

  function ended(child: ChildProcess, restartMs: number): void {
    const id = children.get(child) ?? null;
    children.delete(child);
    if (stopping) return;
    services.log.error({ pid: child.pid, code: child.exitCode, signal: child.signalCode }, 'worker died');
    if (id === null) {
      setTimeout(() => !stopping && void spawn(Math.min(restartMs * 2, LONGEST_RESTART_MS)), restartMs);
      return;
    }
    recoverTasksOf(services, id).catch(logged('recovery of lost tasks failed'));
    setTimeout(() => !stopping && void spawn(RESTART_MS), RESTART_MS);
  }

  async function killHanging(): Promise<void> {
    const hanging = await services.database.query<{ worker_id: string }>(sql`
      select worker_id from task
      where state = 'canceling' and updated < clock_timestamp() - make_interval(secs => ${CANCEL_MS / 1000})`);
    for (const [child, id] of children) {
      if (hanging.some(({ worker_id }) => worker_id === id)) child.kill('SIGKILL');
    }
  }

  function logged(message: string): (error: unknown) => void {
    return (error) => services.log.error({ err: error }, message);
  }

  const watch = setInterval(() => void killHanging().catch(logged('hanging tasks were not looked for')), CANCEL_MS / 2);
  await Promise.all(Array.from({ length: count }, () => spawn(RESTART_MS)));

  return {
    async stop() {
      stopping = true;
      clearInterval(watch);
      const patienceMs = start.config.taskGraceInterval * 1000 + CANCEL_MS;
      // One that has not come up has nothing to finish, and nobody yet who would hear the message.
      await Promise.all([...children].map(([child, id]) => stopChild(child, id === null ? 0 : patienceMs)));
    },
    hurry() {
      for (const child of children.keys()) {
        child.send('abort', () => undefined);
        setTimeout(() => child.kill('SIGKILL'), CANCEL_MS).unref();
      }
    },
  };
}

function stopChild(child: ChildProcess, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.send('stop', () => undefined);
  });
}
