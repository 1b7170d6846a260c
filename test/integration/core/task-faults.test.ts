import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dispatchImmediate } from '../../../src/core/task/immediate.ts';
import { cancelTask, claimTask, endTask, type TaskEnd } from '../../../src/core/task/queue.ts';
import { getTask } from '../../../src/core/task/reader.ts';
import { recoverLostTasks } from '../../../src/core/task/recovery.ts';
import { dispatchDue } from '../../../src/core/task/schedule.ts';
import type { TaskDefinition, TaskObserver } from '../../../src/core/task/types.ts';
import type { Database } from '../../../src/platform/postgres/database.ts';
import { type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { createTaskWorld, type TaskWorld } from '../../support/task-world.ts';

/** What a task does before it ends, set by the test that runs it. */
let during: (signal: AbortSignal) => Promise<unknown> = async () => null;

const tasks: TaskDefinition[] = [
  {
    name: 'test.during',
    async run(job) {
      await during(job.signal);
      return null;
    },
  },
  { name: 'test.odd-result', run: async () => ({ text: 'a\0b' }) },
  {
    name: 'test.odd-error',
    async run() {
      throw new Error('line 3: "a\0b" is no path');
    },
  },
  { name: 'test.observed', run: async () => 'done' },
];

const observers: TaskObserver[] = [
  {
    names: new Set(['test.observed']),
    async ended() {
      throw new Error('the observer is broken');
    },
  },
];

const LONG_MS = 20_000;

let world: TaskWorld;

beforeAll(async () => {
  world = await createTaskWorld(tasks, observers);
});

afterEach(() => world.stopWorkers());

afterAll(() => world.close());

/** Ends the connection by which a worker shows that it lives and hears of things. */
async function cutPresence(): Promise<void> {
  const cut = await world.services.database.execute(sql`
    select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and objsubid = 1
      and database = (select oid from pg_database where datname = current_database())`);
  expect(cut).toBeGreaterThan(0);
}

/** A task that waits until it is aborted, in a worker of its own. Gives what comes of it. */
async function startLongTask(resource: string) {
  const aborted = new Promise<boolean>((resolve) => {
    during = async (signal) => {
      const isAborted = await delay(LONG_MS, false, { signal }).catch(() => true);
      resolve(isAborted);
      signal.throwIfAborted();
    };
  });
  await world.work();
  const { id } = await world.queue('test.during', { exclusive: [resource] });
  await world.until(id, 'running');
  return { id, aborted };
}

function runToEnd(name: string) {
  return world.queue(name, { exclusive: [name] }).then(({ id }) => world.until(id, 'completed', 'failed', 'canceled'));
}

describe('a task always ends', () => {
  it('when the database refuses its result or its error', async () => {
    await world.work();

    expect(await runToEnd('test.odd-error')).toMatchObject({ state: 'failed', worker_id: expect.any(String) });
    expect(await runToEnd('test.odd-result')).toMatchObject({ state: 'failed' });
    expect(await world.services.database.query(sql`select * from task_resource`)).toEqual([]);
  });

  it('as what it was when an observer fails', async () => {
    await world.work();

    expect(await runToEnd('test.observed')).toMatchObject({ state: 'completed', result: 'done' });
  });

  it('inside a request too', async () => {
    expect(await dispatchImmediate(world.services, world.request('test.odd-result'))).toMatchObject({
      state: 'failed',
    });
    expect(await dispatchImmediate(world.services, world.request('test.observed'))).toMatchObject({
      state: 'completed',
    });
  });

  it('when the database was away at that moment, and its worker goes on', async () => {
    const services = world.another();
    const away = { is: false };
    await world.work({ ...services, database: interrupted(services.database, away) });
    during = async () => {
      away.is = true;
    };
    const first = await world.queue('test.during', { exclusive: ['away'] });
    await world.until(first.id, 'running');
    await delay(1500);
    expect((await getTask(services.database, first.id)).state).toBe('running');
    during = async () => null;
    const second = await world.queue('test.during', { exclusive: ['away'] });
    away.is = false;

    expect((await world.until(first.id, 'completed', 'failed')).state).toBe('completed');
    expect((await world.until(second.id, 'completed', 'failed')).state).toBe('completed');
  });

  function interrupted(database: Database, away: { is: boolean }): Database {
    const check = <Result>(work: () => Promise<Result>): Promise<Result> =>
      away.is ? Promise.reject(new Error('Connection terminated unexpectedly')) : work();
    return {
      ...database,
      query: (statement) => check(() => database.query(statement)),
      find: (statement) => check(() => database.find(statement)),
      one: (statement) => check(() => database.one(statement)),
      execute: (statement) => check(() => database.execute(statement)),
      transaction: (work) => check(() => database.transaction(work)),
    };
  }
});

describe('a worker whose connection breaks', () => {
  it('keeps its task, which nobody takes for lost', async () => {
    const { id, aborted } = await startLongTask('kept');

    await cutPresence();
    const ended = await recoverLostTasks(world.services);

    expect(ended).toBe(0);
    expect((await getTask(world.services.database, id)).state).toBe('running');
    await cancelTask(world.services, id);
    expect(await aborted).toBe(true);
    expect((await world.until(id, 'canceled', 'failed')).state).toBe('canceled');
  });

  it('hears of a cancel that came meanwhile', async () => {
    const { id, aborted } = await startLongTask('canceled');

    await cutPresence();
    await world.services.database.execute(sql`update task set state = 'canceling' where id = ${id}`);

    expect(await aborted).toBe(true);
    expect((await world.until(id, 'canceled', 'failed')).state).toBe('canceled');
  });

  it('gives up a task that was taken from it, and leaves alone who has it now', async () => {
    const { id, aborted } = await startLongTask('taken');

    await world.services.database.execute(sql`update task set worker_id = gen_random_uuid() where id = ${id}`);
    await cutPresence();

    expect(await aborted).toBe(true);
    await delay(200);
    expect((await getTask(world.services.database, id)).state).toBe('running');
    await recoverLostTasks(world.services);
    expect((await getTask(world.services.database, id)).state).toBe('failed');
  });
});

describe('a race', () => {
  it('of a cancel with the answer to a claim stops the task', async () => {
    const services = world.another();
    const claim = async <Row extends object>(statement: Sql): Promise<Row | null> => {
      const row = await services.database.find<Row>(statement);
      const isClaim = statement.texts.join('').includes('task_claim');
      if (row && isClaim) {
        await cancelTask(world.services, (row as { id?: string }).id ?? '');
        await delay(100);
      }
      return row;
    };
    let wasAborted = false;
    during = async (signal) => {
      wasAborted = signal.aborted;
    };
    await world.work({ ...services, database: { ...services.database, find: claim } });
    const { id } = await world.queue('test.during');

    expect((await world.until(id, 'canceled', 'completed', 'failed')).state).toBe('canceled');
    expect(wasAborted).toBe(true);
  });

  it('of a claim with the loss of its answer loses no task', async () => {
    during = async () => null;
    await world.work({ ...world.another(), database: losingAnswersTo('task_claim') });
    const { id } = await world.queue('test.during', { exclusive: ['claimed'] });

    expect((await world.until(id, 'completed', 'failed')).state).toBe('completed');
  });

  it('of a start in a request with the loss of its answer loses no task', async () => {
    during = async () => null;
    const services = { ...world.services, database: losingAnswersTo('task_start') };

    expect(await dispatchImmediate(services, world.request('test.during', { exclusive: ['started'] }))).toMatchObject({
      state: 'completed',
    });
  });

  /** The first statement with these words is done, but nobody hears of it. */
  function losingAnswersTo(words: string): Database {
    const { database } = world.services;
    let lost = false;
    return {
      ...database,
      async find<Row extends object>(statement: Sql) {
        const row = await database.find<Row>(statement);
        if (row === null || lost || !statement.texts.join('').includes(words)) return row;
        lost = true;
        throw new Error('Connection terminated unexpectedly');
      },
    };
  }

  it('of two ends is won by who holds the task', async () => {
    const { id } = await world.queue('test.during');
    const claimed = await claimTask(world.services.database, world.services.processId);
    expect(claimed?.id).toBe(id);
    const task = await getTask(world.services.database, id);
    const end: TaskEnd = { state: 'failed', result: null, error: null, created: [] };
    const stranger = { ...task, worker_id: world.another().processId };

    expect(await endTask(world.services, stranger, ['running'], end)).toBe(false);
    expect(await endTask(world.services, task, ['running'], end)).toBe(true);
  });
});

describe('a schedule that cannot be dispatched', () => {
  it('does not keep the others from it', async () => {
    const { database, secrets } = world.services;
    const request = secrets.seal(JSON.stringify({ name: 'test.during', args: {}, exclusive: [], shared: [] }));
    await database.execute(sql`
      insert into schedule (name, task_name, arguments, iso_interval, first_dispatch, next_dispatch)
      select name, 'test.during', arguments, 'PT1H', due, due
      from (values ('broken', 'sealed with another key', now() - interval '2 h'),
        ('whole', ${request}, now() - interval '1 h')) given (name, arguments, due)`);

    expect(await dispatchDue(world.services, new Date())).toBe(1);
    expect(await dispatchDue(world.services, new Date())).toBe(0);
    const { state } = await database.one<{ state: string }>(
      sql`select task.state from schedule join task on task.id = last_task_id where schedule.name = 'whole'`,
    );
    expect(state).toBe('waiting');
    await database.execute(sql`delete from task where name = 'test.during'`);
  });
});

describe('a task that waits for its repository', () => {
  it('has its turn before younger ones that need none, however many there are', async () => {
    const claim = async () => (await claimTask(world.services.database, world.services.processId))?.id;
    const first = await world.queue('test.during', { exclusive: ['turn'] });
    const second = await world.queue('test.during', { exclusive: ['turn'] });
    const others = [
      await world.queue('test.during'),
      await world.queue('test.during'),
      await world.queue('test.during'),
    ];

    expect(await claim()).toBe(first.id);
    expect(await claim()).toBe(others[0]?.id);
    const end: TaskEnd = { state: 'completed', result: null, error: null, created: [] };
    await endTask(world.services, await getTask(world.services.database, first.id), ['running'], end);
    expect(await claim()).toBe(second.id);
    expect(await claim()).toBe(others[1]?.id);
    await world.services.database.execute(sql`delete from task where name = 'test.during'`);
  });
});

describe('ten thousand waiting tasks', () => {
  it('for one repository do not make each other slow', async () => {
    await runMany(200);
    const few = await runMany(200);
    const many = await runMany(10_000);

    expect(many / few).toBeLessThan(8);
  });

  /** Queues so many tasks of one repository, runs some of them with a second worker looking on; gives the time taken. */
  async function runMany(count: number): Promise<number> {
    const { database, processId } = world.services;
    await database.execute(sql`
      with queued as (
        insert into task (name, arguments) select 'test.many', 'x' from generate_series(1, ${count}) returning id, seq
      )
      insert into task_resource (task_id, resource, exclusive, seq) select id, 'prn:one', true, seq from queued`);
    const seen: number[] = [];
    const started = performance.now();
    while (seen.length < 100) {
      const task = await claimTask(database, processId);
      if (!task) throw new Error('Nothing was claimed.');
      expect(await claimTask(database, processId)).toBeNull();
      seen.push(task.seq);
      await endTask(world.services, task, ['running'], { state: 'completed', result: null, error: null, created: [] });
    }
    const took = performance.now() - started;
    expect(seen).toEqual([...seen].sort((left, right) => left - right));
    await database.execute(sql`delete from task where name = 'test.many'`);
    return took;
  }
});
