import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWorkers, type WorkerPool } from '../../../src/boot/workers.ts';
import type { Config } from '../../../src/config/config.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createTaskWorld, type TaskWorld } from '../../support/task-world.ts';

const ID = '5b9f00d2-a7c1-4e0a-9d4c-000000000001';
const DEAF = `process.once('message', () => process.send({ ready: '${ID}' })); setInterval(() => undefined, 1000);`;
const READY = `${DEAF} process.on('message', (message) => message === 'stop' && process.exit(0));`;

let world: TaskWorld;
let folder: string;
let pool: WorkerPool | null = null;

beforeAll(async () => {
  world = await createTaskWorld([]);
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'workers-'));
});

afterEach(async () => {
  await pool?.stop();
  pool = null;
  rmSync(folder, { recursive: true });
});

afterAll(() => world.close());

/** Starts one worker that runs this script in the place of the program's; it notes its starts. */
async function start(script: string): Promise<void> {
  const note = `require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'starts'))}, '.');`;
  writeFileSync(join(folder, 'worker.js'), `${note}\n${script}`);
  const config = { taskGraceInterval: 0 } as Config;
  pool = await startWorkers(world.services, folder, 1, { config, connection: {}, secretKey: '' });
}

const starts = () => readFileSync(join(folder, 'starts'), 'utf8').length;

async function untilStarted(times: number): Promise<void> {
  while (starts() < times) await delay(20);
}

describe('worker processes', () => {
  it('that cannot come up are tried again less and less often', async () => {
    await start('process.exit(1)');
    await untilStarted(2);
    await delay(1700);

    expect(starts()).toBe(2);
  });

  it('that have come up are replaced soon', async () => {
    await start(`${READY} setTimeout(() => process.exit(1), 100);`);

    // Waiting ever longer would take half a minute for that.
    await untilStarted(6);
  });

  it('that do not stop when told to are killed', async () => {
    await start(DEAF);

    const began = Date.now();
    await pool?.stop();
    expect(Date.now() - began).toBeLessThan(8000);
  });

  it('that are still coming up when the server stops end with it', async () => {
    await start('process.exit(1)');
    writeFileSync(join(folder, 'worker.js'), 'setInterval(() => undefined, 1000);');
    await delay(2000);

    const began = Date.now();
    await pool?.stop();
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it('whose canceled task hangs are killed, which ends the task, though nobody told of the cancel', async () => {
    await start(READY);
    const { id } = await world.queue('test.hangs');
    await world.services.database.execute(sql`
      update task set state = 'canceling', worker_id = ${ID}, updated = clock_timestamp() - interval '10 s'
      where id = ${id}`);

    expect((await world.until(id, 'canceled', 'failed')).state).toBe('canceled');
  });
});
