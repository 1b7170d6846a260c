import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/platform/postgres/database.ts';
import { type Connection, TEMPLATE } from './global-setup.ts';

export interface TestDatabase {
  database: Database;
  /** For another pool or process on the same database. */
  connection: Connection & { database: string };
  drop(): Promise<void>;
}

const POOL_SIZE = 5;

/** A database of the caller's own with all tables, in about 40 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(`template ${TEMPLATE}`);
}

/** A database without any table. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template template0');
}

async function createDatabase(origin: string): Promise<TestDatabase> {
  const server = inject('testServer');
  if (!server) throw new Error('Tests outside test/unit need the server that a run of only test/unit does not start.');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(server, `create database ${name} ${origin}`);
  const connection = { ...server, database: name };
  const database = openDatabase(connection, POOL_SIZE);
  async function drop(): Promise<void> {
    await database.close();
    if (server) await administer(server, `drop database ${name} with (force)`);
  }
  return { database, connection, drop };
}

async function administer(server: Connection, statement: string): Promise<void> {
  const client = new pg.Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
