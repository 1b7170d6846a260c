import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { taskError } from '../../../src/core/errors.ts';
import { dispatchImmediate } from '../../../src/core/task/immediate.ts';
import { cancelTask, claimTask } from '../../../src/core/task/queue.ts';
import { getTask } from '../../../src/core/task/reader.ts';
import { recoverLostTasks } from '../../../src/core/task/recovery.ts';
import type { TaskDefinition, TaskRow } from '../../../src/core/task/types.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createTaskWorld, type TaskWorld } from '../../support/task-world.ts';

const running = new Map<string, Set<string>>();
const clashes: string[] = [];
const started: string[] = [];
let workdir = '';

/** Notes what else holds the same resource exclusively, or shared while this one is exclusive. */
const holding: TaskDefinition = {
  name: 'test.hold',
  async run(job, args) {
    const holds = new Set(job.row.reserved_resources_record.filter((entry) => !entry.includes('core.domain')));
    for (const [other, theirs] of running) {
      for (const entry of theirs) if (clash(entry, holds)) clashes.push(`${other} ${job.id}`);
    }
    running.set(job.id, holds);
    started.push(job.id);
    await delay(Number(args.ms));
    running.delete(job.id);
    return { held: holds.size };
  },
};

function clash(entry: string, holds: Set<string>): boolean {
  const bare = entry.replace('shared:', '');
  return holds.has(bare) || (!entry.startsWith('shared:') && holds.has(`shared:${bare}`));
}

const tasks: TaskDefinition[] = [
  holding,
  {
    name: 'test.fail',
    async run(job) {
      await job.progress({ code: 'open', message: 'Open', total: 2 });
      throw taskError('PLP0003', 'wrong digest');
    },
  },
  {
    name: 'test.wait',
    async run(job) {
      workdir = await job.workdir();
      await delay(60_000, null, { signal: job.signal });
      return null;
    },
  },
];

let world: TaskWorld;

beforeAll(async () => {
  world = await createTaskWorld(tasks);
});

afterEach(() => world.stopWorkers());

afterAll(() => world.close());

async function start(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await world.work();
}

describe('the task queue', () => {
  it('never lets clashing tasks overlap, and starts them in the order of their creation', async () => {
    const resources = ['a', 'b', 'c'];
    await start(4);

    const queued: TaskRow[] = [];
    for (let index = 0; index < 60; index += 1) {
      const [first = '', second = ''] = [resources[index % 3], resources[(index * 7) % 3]];
      const exclusive = index % 2 ? [first] : [];
      queued.push(await world.queue('test.hold', { args: { ms: index % 5 }, exclusive, shared: [second] }));
    }
    const ended = await Promise.all(queued.map(({ id }) => world.until(id, 'completed', 'failed')));

    expect(ended.map(({ state }) => state)).toEqual(queued.map(() => 'completed'));
    expect(clashes).toEqual([]);
    const seq = new Map(queued.map((task) => [task.id, task]));
    for (const [place, id] of started.entries()) {
      const mine = new Set(seq.get(id)?.reserved_resources_record.slice(0, -1));
      const overtaken = started
        .slice(place + 1)
        .filter((later) => (seq.get(later)?.seq ?? 0) < (seq.get(id)?.seq ?? 0))
        .filter((later) =>
          seq
            .get(later)
            ?.reserved_resources_record.slice(0, -1)
            .some((entry) => clash(entry, mine)),
        );
      expect(overtaken).toEqual([]);
    }
    expect(await world.services.database.query(sql`select * from task_resource`)).toEqual([]);
  });

  it('lets shared holders overlap and makes an exclusive one wait for both', async () => {
    const [left, right, last] = [
      await world.queue('test.hold', { shared: ['r'] }),
      await world.queue('test.hold', { shared: ['r'] }),
      await world.queue('test.hold', { exclusive: ['r'] }),
    ];

    const claimed = [await claim(), await claim(), await claim()];

    expect(claimed).toEqual([left.id, right.id, undefined]);
    expect((await getTask(world.services.database, last.id)).unblocked_at).toBeNull();
    await world.services.database.execute(
      sql`update task set state = 'waiting', worker_id = null where state = 'running'`,
    );
    await start(1);
    await world.until(last.id, 'completed');
  });

  async function claim(): Promise<string | undefined> {
    return (await claimTask(world.services.database, world.services.processId))?.id;
  }

  it('ends a failing task with its error and its open progress canceled', async () => {
    await start(1);

    const task = await world.until((await world.queue('test.fail')).id, 'failed');

    expect(task.error).toMatchObject({ description: '[PLP0003] wrong digest', error_code: 'PLP0003' });
    const reports = await world.services.database.query(
      sql`select state, total from progress_report where task_id = ${task.id}`,
    );
    expect(reports).toEqual([{ state: 'canceled', total: 2 }]);
  });

  it('fails a task that this version does not know', async () => {
    await start(1);

    expect((await world.until((await world.queue('test.unknown')).id, 'failed')).error?.description).toContain(
      'test.unknown',
    );
  });

  it('cancels a running task, removes its folder, and frees what it held', async () => {
    await start(1);
    const task = await world.queue('test.wait', { exclusive: ['w'] });
    await world.until(task.id, 'running');
    while (workdir === '') await delay(5);

    const asked = await cancelTask(world.services, task.id);
    const next = await world.queue('test.hold', { exclusive: ['w'] });

    expect(asked?.done).toBe(true);
    expect(['canceling', 'canceled']).toContain(asked?.task.state);
    expect((await world.until(task.id, 'canceled', 'failed', 'completed')).state).toBe('canceled');
    await world.until(next.id, 'completed');
    expect(existsSync(workdir)).toBe(false);
  });

  it('ends a task that does not listen as canceled', async () => {
    await start(1);
    const task = await world.queue('test.hold', { args: { ms: 300 } });
    await world.until(task.id, 'running');

    await cancelTask(world.services, task.id);

    expect((await world.until(task.id, 'canceled', 'failed', 'completed')).state).toBe('canceled');
  });

  it('cancels a waiting task at once and refuses to cancel twice', async () => {
    const task = await world.queue('test.hold', { exclusive: ['c'] });

    expect(await cancelTask(world.services, task.id)).toMatchObject({ done: true, task: { state: 'canceled' } });
    expect(await cancelTask(world.services, task.id)).toMatchObject({ done: false });
  });

  it('runs an immediate task in the request, unless its resources are taken', async () => {
    const free = await dispatchImmediate(world.services, world.request('test.hold', { exclusive: ['i'] }));
    await world.queue('test.hold', { exclusive: ['i'] });
    const queued = await dispatchImmediate(world.services, world.request('test.hold', { exclusive: ['i'] }));

    expect(free).toMatchObject({ state: 'completed', result: { held: 1 } });
    expect(queued.state).toBe('waiting');
    await start(1);
    await world.until(queued.id, 'completed');
  });

  it('ends the tasks of a process that died, and only those', async () => {
    await start(1);
    const alive = await world.queue('test.wait');
    await world.until(alive.id, 'running');
    const [lost, canceling] = [await world.queue('test.hold', { exclusive: ['l'] }), await world.queue('test.hold')];
    await world.services.database.execute(sql`
      update task set state = case id when ${lost.id} then 'running' else 'canceling' end,
        worker_id = gen_random_uuid() where id in (${lost.id}, ${canceling.id}) and state = 'waiting'`);

    await recoverLostTasks(world.services);

    expect(await getTask(world.services.database, lost.id)).toMatchObject({
      state: 'failed',
      error: { reason: 'Worker has gone missing.' },
    });
    expect((await getTask(world.services.database, canceling.id)).state).toBe('canceled');
    expect((await getTask(world.services.database, alive.id)).state).toBe('running');
  });
});
