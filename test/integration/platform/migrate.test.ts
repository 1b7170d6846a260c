import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MigrationError, runMigrations } from '../../../src/platform/postgres/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../../support/database.ts';

let test: TestDatabase;
let client: pg.Client;
let folder: string;

beforeEach(async () => {
  test = await createEmptyDatabase();
  client = await connect();
  folder = await mkdtemp(join(tmpdir(), 'pulp-gateway-migrate-'));
});

afterEach(async () => {
  await client.end();
  await test.drop();
  await rm(folder, { recursive: true });
});

async function connect(): Promise<pg.Client> {
  const connection = new pg.Client(test.connection);
  await connection.connect();
  return connection;
}

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
}

function migrate(by: pg.Client): Promise<number> {
  return runMigrations(by, [{ component: 'some', folder }]);
}

describe('migrations', () => {
  it('are applied once, in the order of their names', async () => {
    await write('0002_second.sql', 'alter table thing add column second integer');
    await write('0001_first.sql', 'create table thing (first integer); insert into thing values (1)');
    expect(await migrate(client)).toBe(2);
    expect(await migrate(client)).toBe(0);
    await write('0003_third.sql', 'alter table thing add column third integer');
    expect(await migrate(client)).toBe(1);
    const { rows } = await client.query('select * from thing');
    expect(rows).toEqual([{ first: 1, second: null, third: null }]);
  });

  it('leave nothing of a file that fails, and keep the ones before it', async () => {
    await write('0001_first.sql', 'create table thing (first integer)');
    await write('0002_bad.sql', 'create table other (a integer); select nonsense');
    await expect(migrate(client)).rejects.toThrow('some/0002_bad.sql failed');
    const { rows } = await client.query(
      `select to_regclass('thing') is not null as thing, to_regclass('other') as other`,
    );
    expect(rows).toEqual([{ thing: true, other: null }]);
  });

  it('refuse a database of a newer version', async () => {
    await write('0001_first.sql', 'create table thing (first integer)');
    await write('0002_second.sql', 'create table other (first integer)');
    await migrate(client);
    await rm(join(folder, '0002_second.sql'));
    await expect(migrate(client)).rejects.toThrow(MigrationError);
    await expect(migrate(client)).rejects.toThrow('newer version (some/0002_second.sql)');
  });

  it('refuse a file that was changed after it was applied', async () => {
    await write('0001_first.sql', 'create table thing (first integer)');
    await migrate(client);
    await write('0001_first.sql', 'create table thing (first bigint)');
    await expect(migrate(client)).rejects.toThrow('another wording');
  });

  it('do not mind tables of a component that is not there any more', async () => {
    await write('0001_first.sql', 'create table thing (first integer)');
    await migrate(client);
    expect(await runMigrations(client, [])).toBe(0);
  });

  it('are applied by one of several processes that start at once', async () => {
    await write('0001_first.sql', 'create table thing (first integer); select pg_sleep(0.1)');
    const others = await Promise.all([connect(), connect()]);
    const applied = await Promise.all([client, ...others].map(migrate));
    expect(applied.sort()).toEqual([0, 0, 1]);
    await Promise.all(others.map((other) => other.end()));
  });
});
