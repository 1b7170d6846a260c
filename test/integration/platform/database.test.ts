import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Queryable } from '../../../src/platform/postgres/database.ts';
import { listen } from '../../../src/platform/postgres/listen.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});

afterAll(() => test.drop());

async function terminate(pid: number): Promise<void> {
  await test.database.execute(sql`select pg_terminate_backend(${pid})`);
}

async function pidOf(queryable: Queryable): Promise<number> {
  return (await queryable.one<{ pid: number }>(sql`select pg_backend_pid() as pid`)).pid;
}

/** Connections that listen. */
async function listeners(channel: string): Promise<number> {
  return test.database.execute(sql`
    select 1 from pg_stat_activity where datname = current_database() and query = ${`listen "${channel}"`}`);
}

describe('a broken connection', () => {
  it('in a pause of a transaction fails the transaction, not the process', async () => {
    const work = test.database.transaction(async (tx) => {
      await terminate(await pidOf(tx));
      await delay(100);
      await tx.execute(sql`select 1`);
    });

    await expect(work).rejects.toThrow();
    expect(await test.database.one(sql`select 1 as one`)).toEqual({ one: 1 });
  });

  it('of a listener is replaced by one other, also when it breaks while it is set up', async () => {
    const notices: string[] = [];
    const pids: number[] = [];
    const listener = await listen(test.database, {
      channels: ['ch'],
      onNotice: (_channel, payload) => notices.push(payload),
      async onConnect(client: pg.Client) {
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        pids.push(rows[0]?.pid ?? 0);
        if (pids.length === 2) await client.query('select pg_sleep(20)');
      },
      onError: () => undefined,
    });
    await terminate(pids[0] ?? 0);
    while (pids.length < 2) await delay(20);
    await terminate(pids[1] ?? 0);
    while (pids.length < 3) await delay(20);
    await delay(1500);

    await test.database.execute(sql`select pg_notify('ch', 'once')`);
    await delay(100);
    expect(notices).toEqual(['once']);
    expect(pids).toHaveLength(3);
    await listener.close();
    await delay(100);
    expect(await listeners('ch')).toBe(0);
  });
});
