import type { WorkerStart } from './boot/workers.ts';
import { createContext } from './context.ts';
import { startWorker } from './core/task/worker.ts';
import { openDatabase } from './platform/postgres/database.ts';
import { createLog } from './platform/telemetry/log.ts';

/** Connections of a worker: its task's, and those of reports and downloads beside it. */
const POOL_SIZE = 6;
const ORPHANED_MS = 5000;

// A child process that runs tasks, one at a time. It is told what it needs by its parent and stops with it.
process.once('message', (start: WorkerStart) => {
  run(start).catch((error: unknown) => {
    createLog(start.config.logLevel).fatal({ err: error }, 'worker could not start');
    process.exit(1);
  });
});

async function run({ config, connection, secretKey }: WorkerStart): Promise<void> {
  const database = openDatabase(connection, POOL_SIZE);
  const { app } = createContext(config, database, Buffer.from(secretKey, 'hex'));
  const worker = await startWorker(app.services);
  const stop = (graceMs: number) =>
    worker
      .stop(graceMs)
      .then(() => database.close())
      .finally(() => process.exit(0));
  process.on('message', (message) => {
    if (message === 'stop') void stop(config.taskGraceInterval * 1000);
    if (message === 'abort') worker.abort();
  });
  // Ctrl-C reaches the whole group of processes; the parent decides when its workers stop.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', () => {
    // A task that does not listen must not outlive the server for long.
    setTimeout(() => process.exit(1), ORPHANED_MS).unref();
    void stop(0);
  });
  process.send?.({ ready: app.services.processId });
}
