import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { hashText } from '../crypto/digests.ts';

/** Numbered `.sql` files of one component. Sources are applied in the order given, files in the order of their names. */
export interface MigrationSource {
  component: string;
  folder: string;
}

interface Migration {
  component: string;
  name: string;
  text: string;
  checksum: string;
}

/** The database cannot be brought to what this program needs. The message says what to do. */
export class MigrationError extends Error {}

/** Any constant would do; it keeps two processes from migrating one database at the same time. */
const LOCK_KEY = 4_711_012_001;
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/;

const TABLE = `create table if not exists schema_migration (
  component text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (component, name)
)`;

/**
 * Brings the database to the newest schema: forward only, each file in a transaction of its own. Returns how many files
 * were applied. Throws `MigrationError` when the database was written by a newer or a changed program, leaving it as it is.
 */
export async function runMigrations(client: pg.ClientBase, sources: readonly MigrationSource[]): Promise<number> {
  const migrations = (await Promise.all(sources.map(readMigrations))).flat();
  await client.query('select pg_advisory_lock($1)', [LOCK_KEY]);
  try {
    await client.query(TABLE);
    const pending = await findPending(client, migrations);
    for (const migration of pending) await apply(client, migration);
    return pending.length;
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}

async function readMigrations({ component, folder }: MigrationSource): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const odd = names.find((name) => !FILE_NAME.test(name));
  if (odd) throw new MigrationError(`${join(folder, odd)} must be named like 0001_what_it_does.sql`);
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return { component, name, text, checksum: hashText('sha256', text) };
    }),
  );
}

async function findPending(client: pg.ClientBase, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ component: string; name: string; checksum: string }>(
    'select component, name, checksum from schema_migration order by component, name',
  );
  const applied = new Map(rows.map((row) => [`${row.component}/${row.name}`, row.checksum]));
  for (const migration of migrations) checkUnchanged(migration, applied);
  const components = new Set(migrations.map((migration) => migration.component));
  const known = new Set(migrations.map(keyOf));
  // A component that is not there now was uninstalled: its tables stay and harm nobody.
  const newer = rows.find((row) => components.has(row.component) && !known.has(`${row.component}/${row.name}`));
  if (newer) {
    throw new MigrationError(
      `The database has the schema of a newer version (${newer.component}/${newer.name}), which this version does not ` +
        'know. Start that version, or restore a backup from before the upgrade.',
    );
  }
  return migrations.filter((migration) => !applied.has(keyOf(migration)));
}

function checkUnchanged(migration: Migration, applied: ReadonlyMap<string, string>): void {
  const checksum = applied.get(keyOf(migration));
  if (checksum === undefined || checksum === migration.checksum) return;
  throw new MigrationError(
    `The migration ${keyOf(migration)} was applied to this database in another wording. Applied files must not change: ` +
      'restore the file, or start with an empty database.',
  );
}

async function apply(client: pg.ClientBase, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.text);
    await client.query('insert into schema_migration (component, name, checksum) values ($1, $2, $3)', [
      migration.component,
      migration.name,
      migration.checksum,
    ]);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback');
    throw new MigrationError(`The migration ${keyOf(migration)} failed: ${(cause as Error).message}`, { cause });
  }
}

function keyOf(migration: Migration): string {
  return `${migration.component}/${migration.name}`;
}
