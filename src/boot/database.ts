import pg from 'pg';
import type { Config } from '../config/config.ts';
import { EmbeddedBusyError } from '../platform/postgres/embedded/error.ts';
import { startEmbedded } from '../platform/postgres/embedded.ts';
import { type MigrationSource, runMigrations } from '../platform/postgres/migrate.ts';
import { type Home, homeOf } from './home.ts';
import { StartError } from './start-error.ts';

/** A PostgreSQL server that answers. */
export interface DatabaseServer {
  connection: pg.ClientConfig;
  /** In words, for people. */
  description: string;
  /** Settles when our own server ended without having been asked to; never for others. */
  lost: Promise<void>;
  stop(): Promise<void>;
}

/** What to do when another process of ours runs the embedded server: use that one too, or refuse. */
export type Sharing = 'share' | 'refuse';

const NEVER = new Promise<void>(() => undefined);

/** Finds the database of the settings, or starts the embedded one. */
export async function provideDatabase(config: Config, sharing: Sharing): Promise<DatabaseServer> {
  if (config.databaseUrl !== null) {
    const connection = { connectionString: config.databaseUrl };
    return { connection, description: describeUrl(config.databaseUrl), lost: NEVER, stop: async () => undefined };
  }
  try {
    return await startOwn(config, homeOf(config));
  } catch (error) {
    if (!(error instanceof EmbeddedBusyError) || sharing === 'refuse') throw error;
    const description = 'the embedded PostgreSQL of the running pulp-gateway';
    return { connection: error.connection, description, lost: NEVER, stop: async () => undefined };
  }
}

/** Applies what the database's schema lacks; returns how many files that were. */
export async function migrateDatabase(
  connection: pg.ClientConfig,
  sources: readonly MigrationSource[],
): Promise<number> {
  const client = new pg.Client(connection);
  try {
    await client.connect();
  } catch (cause) {
    throw new StartError(`The database does not answer: ${(cause as Error).message}`, { cause });
  }
  try {
    return await runMigrations(client, sources);
  } finally {
    await client.end();
  }
}

async function startOwn(config: Config, home: Home): Promise<DatabaseServer> {
  const server = await startEmbedded({
    dataDir: home.databaseFolder,
    socketDir: home.socketFolder,
    logFile: home.databaseLog,
    durable: true,
    searchPath: config.searchPath,
  });
  let stopping = false;
  const lost = server.ended.then(() => (stopping ? NEVER : undefined));
  return {
    connection: server.connection,
    description: 'embedded PostgreSQL',
    lost,
    async stop() {
      stopping = true;
      await server.stop();
    },
  };
}

/** Without user and password. */
function describeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url ? `PostgreSQL at ${url.host || 'a local socket'}${url.pathname}` : 'the PostgreSQL of PULP_DATABASE_URL';
}
