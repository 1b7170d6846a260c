import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { latestMigration, type MigrationRow } from '../../src/migrator/ledger.ts';
import { verifyMigration } from '../../src/migrator/verify/verify.ts';
import { makeMessyServer } from './messy-server.ts';
import { EVERYTHING, mappings, migrate, registry, withSource } from './migration.ts';
import { closeStore, openStore, type Store } from './migration-store.ts';
import { makeArchive } from './v2-dump.ts';

/** A messy server, its dump, and a store that it was migrated into. */
export type MessyMigration = {
  /** What stands for /var/lib/pulp; the dump lies in it too. */
  readonly folder: string;
  readonly archive: string;
  readonly made: Awaited<ReturnType<typeof makeMessyServer>>;
  readonly store: Store;
};

export async function openMessyMigration(): Promise<MessyMigration> {
  const folder = await mkdtemp(join(tmpdir(), 'messy-'));
  const made = await makeMessyServer(folder);
  const archive = join(folder, 'dump.archive');
  await writeFile(archive, makeArchive(made.database, ['units_iso', 'repos', 'units_iso']));
  const store = await openStore();
  await migrate(archive, folder, { services: store.services, plan: EVERYTHING });
  return { folder, archive, made, store };
}

export async function closeMessyMigration({ folder, store }: MessyMigration): Promise<void> {
  await closeStore(store);
  await rm(folder, { recursive: true });
}

export async function lastMigration(target: Store): Promise<MigrationRow> {
  const found = await latestMigration(target.database);
  if (!found) throw new Error('There was no migration.');
  return found;
}

export function verify(target: Store, uri: string) {
  return withSource(uri, (source) =>
    verifyMigration({
      services: target.services,
      registry,
      mappings,
      source,
      plan: EVERYTHING,
      signal: new AbortController().signal,
      progress: () => undefined,
    }),
  );
}
