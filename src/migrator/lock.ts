import type { Database } from '../platform/postgres/database.ts';

/** Another migration or verification is under way. */
export class MigrationBusyError extends Error {
  override readonly name = 'MigrationBusyError';
}

/** Any constant of its own would do. */
const LOCK_KEY = 4_711_012_010;

/** Runs work while no other process migrates; the lock goes with its connection, so that a crash leaves none behind. */
export async function withMigrationLock<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  const client = await database.connect();
  try {
    const { rows } = await client.query('select pg_try_advisory_lock($1) as locked', [LOCK_KEY]);
    if (rows[0]?.locked !== true) throw new MigrationBusyError('Another migration is running; see its status.');
    return await work();
  } finally {
    await client.end();
  }
}
