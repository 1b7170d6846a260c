import type { Config } from '../config/config.ts';
import { type Context, createContext } from '../context.ts';
import { type Database, openDatabase } from '../platform/postgres/database.ts';
import { type DatabaseServer, migrateDatabase, provideDatabase, type Sharing } from './database.ts';
import { ensureAdmin } from './first-admin.ts';
import { type Home, prepareHome, readSecretKey } from './home.ts';
import { migrationSources } from './migration-sources.ts';

/** Everything that a command works with: state folder, database with today's schema, first account, services. */
export interface Installation {
  home: Home;
  server: DatabaseServer;
  database: Database;
  context: Context;
  secretKey: Buffer;
  /** The first account's password, when this start made it up. */
  generatedPassword: string | null;
  close(): Promise<void>;
}

/** Opens the installation of these settings and starts what it needs. Throws `StartError` and its like with instructions. */
export async function openInstallation(config: Config, sharing: Sharing, poolSize: number): Promise<Installation> {
  const home = await prepareHome(config);
  const server = await provideDatabase(config, sharing);
  try {
    return await openOn(config, home, server, poolSize);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function openOn(config: Config, home: Home, server: DatabaseServer, poolSize: number): Promise<Installation> {
  const secretKey = await readSecretKey(config, home);
  await migrateDatabase(server, migrationSources([]));
  const database = openDatabase(server.connection, poolSize);
  try {
    const generatedPassword = await ensureAdmin(database, config, home);
    const context = createContext(config, database, secretKey);
    async function close(): Promise<void> {
      await database.close();
      await server.stop();
    }
    return { home, server, database, context, secretKey, generatedPassword, close };
  } catch (error) {
    await database.close();
    throw error;
  }
}
