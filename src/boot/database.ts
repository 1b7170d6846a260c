import pg from 'pg';
import type { Config } from '../config/config.ts';
import { withoutUser } from '../config/setting.ts';
import { EmbeddedBusyError } from '../platform/postgres/embedded/error.ts';
import { startEmbedded } from '../platform/postgres/embedded.ts';
import { MigrationError, type MigrationSource, runMigrations } from '../platform/postgres/migrate.ts';
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

/** What an operator can do about the most frequent errors of connecting and of the first statement. */
const ADVICE: Record<string, string> = {
  ECONNREFUSED: ' Is it running, and are host and port of PULP_DATABASE_URL right?',
  ENOTFOUND: ' Is the host of PULP_DATABASE_URL right?',
  '28P01': ' Are user and password of PULP_DATABASE_URL right?',
  '3D000': ' Create the database first, with encoding UTF8.',
  '42501': ' Its user must own the database, or be granted CREATE on the schema public.',
  '53300': ' Raise max_connections, or run fewer processes.',
};
const OLDEST_VERSION = 140_000;
/** Of a server and of commands beside it, with the three that PostgreSQL reserves. */
const CONNECTIONS = 46;
const CONNECTIONS_PER_WORKER = 7;
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

/**
 * Applies what the database's schema lacks; returns how many files that were. Throws `StartError` for a database that
 * cannot be used.
 */
export async function migrateDatabase(
  { connection, description }: DatabaseServer,
  sources: readonly MigrationSource[],
): Promise<number> {
  const client = new pg.Client(connection);
  // Lost between two statements: the next one says so.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await checkServer(client);
    return await runMigrations(client, sources);
  } catch (cause) {
    if (cause instanceof MigrationError || cause instanceof StartError) throw cause;
    const { message, code = '' } = cause as Error & { code?: string };
    throw new StartError(`${description} cannot be used: ${message}.${ADVICE[code] ?? ''}`, { cause });
  } finally {
    // Also one that did not come about, which would keep this process alive; it has nothing more to say.
    await client.end().catch(() => undefined);
  }
}

async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: number; release: string; encoding: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as release,
      current_setting('server_encoding') as encoding`,
  );
  const { version = 0, release = '', encoding = '' } = rows[0] ?? {};
  if (version < OLDEST_VERSION) {
    throw new StartError(`PULP_DATABASE_URL is of PostgreSQL ${release}: version 14 or newer is needed.`);
  }
  if (encoding !== 'UTF8') {
    throw new StartError(`PULP_DATABASE_URL is of a database with encoding ${encoding}: create one with UTF8.`);
  }
}

async function startOwn(config: Config, home: Home): Promise<DatabaseServer> {
  const server = await startEmbedded({
    dataDir: home.databaseFolder,
    socketDir: home.socketFolder,
    logFile: home.databaseLog,
    connections: CONNECTIONS + config.workers * CONNECTIONS_PER_WORKER,
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

function describeUrl(text: string): string {
  const { host, pathname } = new URL(withoutUser(text));
  return `PostgreSQL at ${host || 'a local socket'}${pathname}`;
}
