import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrationSources } from '../../src/boot/migration-sources.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/platform/postgres/embedded.ts';
import { runMigrations } from '../../src/platform/postgres/migrate.ts';

export interface Connection {
  host: string;
  port: number;
  user: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the throwaway server; null when only unit tests run. */
    testServer: Connection | null;
    /** Folder of the bundle, for tests that start processes; null when only unit tests run, or it cannot be built. */
    dist: string | null;
  }
}

/** The migrated database that every test file clones. */
export const TEMPLATE = 'template_pulp';

/** Starts one throwaway PostgreSQL for the whole run and builds the bundle, unless only unit tests were asked for. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const patterns = process.argv.filter((argument) => argument.startsWith('test/'));
  if (patterns.length > 0 && patterns.every((pattern) => pattern.startsWith('test/unit'))) {
    project.provide('testServer', null);
    project.provide('dist', null);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'pulp-gateway-test-'));
  const server = await startEmbedded({
    dataDir: join(folder, 'postgres'),
    socketDir: join(folder, 'run'),
    logFile: join(folder, 'postgres.log'),
    connections: 60,
    durable: false,
    searchPath: (process.env.PATH ?? '').split(delimiter),
  });
  await makeTemplate(server);
  const { host, port, user } = server.connection;
  project.provide('testServer', { host: String(host), port: Number(port), user: String(user) });
  project.provide('dist', await build());
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

async function makeTemplate(server: EmbeddedServer): Promise<void> {
  await withClient(server.connection, (client) => client.query(`create database ${TEMPLATE}`));
  const connection = { ...server.connection, database: TEMPLATE };
  await withClient(connection, (client) => runMigrations(client, migrationSources([])));
}

async function withClient(connection: pg.ClientConfig, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The bundle's folder. A build that fails is shown, and fails only the tests that need it. */
async function build(): Promise<string | null> {
  const script = '../../src/boot/build.mjs';
  const { ensureBuilt } = (await import(script)) as { ensureBuilt: () => Promise<{ folder: string }> };
  try {
    return (await ensureBuilt()).folder;
  } catch (error) {
    console.error((error as Error).message);
    return null;
  }
}
