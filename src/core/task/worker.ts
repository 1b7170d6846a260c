import { sql } from '../../platform/postgres/sql.ts';
import type { Services } from '../services.ts';
import { createAlarm } from './alarm.ts';
import { createClaimer } from './claimer.ts';
import { runJob } from './job.ts';
import { announce } from './presence.ts';
import { recoverLostTasks } from './recovery.ts';

export interface Worker {
  /** Finishes the task at hand, or aborts it after `graceMs`, and says good-bye. */
  stop(graceMs: number): Promise<void>;
  /** Aborts the task at hand. */
  abort(): void;
}

/** Wake-ups come by NOTIFY; this is for the one that got lost. */
const POLL_MS = 5000;
const RECOVERY_MS = 10_000;

/** Starts a loop that runs tasks in this process, one at a time, until it is stopped. */
export async function startWorker(services: Services): Promise<Worker> {
  const alarm = createAlarm(POLL_MS);
  const claim = createClaimer(services);
  let stopping = false;
  let current: { id: string; controller: AbortController } | null = null;
  /** Cancels of tasks that this worker does not run, as far as it knows: the answer to its claim may come later. */
  const unheard = new Set<string>();

  const presence = await announce(services.database, {
    id: services.processId,
    kind: 'worker',
    versions: services.settings.versions,
    ttl: services.settings.workerTtl,
    channels: ['pulp_worker_wakeup', 'pulp_worker_cancel'],
    onNotice(channel, payload) {
      if (channel === 'pulp_worker_wakeup') return alarm.ring();
      if (current?.id === payload) current.controller.abort();
      else unheard.add(payload);
    },
    onShown: lookAround,
    onError: (error) => services.log.error({ err: error }, 'worker lost its connection for a moment'),
  });

  /** The task at hand may have been canceled, or given up for lost, while no notice could come. */
  async function lookAround(): Promise<void> {
    alarm.ring();
    if (!current) return;
    const { id, controller } = current;
    const mine = await services.database.find(sql`
      select 1 as mine from task where id = ${id} and state = 'running' and worker_id = ${services.processId}`);
    if (!mine) controller.abort();
  }

  async function runNext(): Promise<boolean> {
    alarm.reset();
    unheard.clear();
    const task = await claim();
    if (!task) return false;
    const controller = new AbortController();
    current = { id: task.id, controller };
    if (unheard.has(task.id) || task.state === 'canceling') controller.abort();
    await runJob(services, task, controller).finally(() => {
      current = null;
    });
    return true;
  }

  async function loop(): Promise<void> {
    let failed = false;
    while (!stopping) {
      try {
        if (!(await runNext()) && !stopping) await alarm.sleep();
        failed = false;
      } catch (error) {
        // Once for all tries in a row: a database may be away for hours.
        if (!failed) services.log.error({ err: error }, 'worker could not take a task');
        failed = true;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  const recover = () =>
    recoverLostTasks(services).catch((error) => services.log.error({ err: error }, 'recovery of lost tasks failed'));
  void recover();
  const recovery = setInterval(recover, RECOVERY_MS);
  const running = loop();
  const abort = () => current?.controller.abort('Aborted during worker shutdown.');

  return {
    abort,
    async stop(graceMs) {
      stopping = true;
      clearInterval(recovery);
      alarm.ring();
      const timer = setTimeout(abort, graceMs);
      await running;
      clearTimeout(timer);
      await presence.close();
    },
  };
}
