import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { makeMessyServer } from '../../support/messy-server.ts';
import { EVERYTHING, migrate, withFilePlugin } from '../../support/migration.ts';
import { createTestServices, type TestServices } from '../../support/services.ts';
import { makeArchive } from '../../support/v2-dump.ts';

const DUMP = join(process.cwd(), '..', 'shared', 'fixtures', 'pulp2', 'file_base_4repos');

type Store = TestDatabase & TestServices;

async function openStore(): Promise<Store> {
  const made = await createTestDatabase();
  const test = createTestServices(made.database, [], []);
  return { ...made, ...test, services: withFilePlugin(test.services) };
}

async function closeStore(store: Store): Promise<void> {
  await store.drop();
  store.remove();
}

/** Rows of every table that a migration writes, to compare states. */
async function everything({ database }: Store): Promise<Record<string, unknown[]>> {
  const tables = await database.query<{ name: string }>(sql`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_name not like 'schema%' order by 1`);
  const contents = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await database.query<{ row: unknown }>({ ...sql`select 1`, ...rowsOf(name) } as never);
      return [name, rows.map(({ row }) => row)] as const;
    }),
  );
  return Object.fromEntries(contents);
}

function rowsOf(table: string) {
  const statement = sql`select to_jsonb(t) as row from x t order by to_jsonb(t)::text`;
  return {
    statement: () => ({
      ...statement.statement(),
      name: undefined,
      text: statement.statement().text.replace(' x ', ` "${table}" `),
    }),
  };
}

describe('a migration of a messy server', () => {
  let folder: string;
  let archive: string;
  let made: Awaited<ReturnType<typeof makeMessyServer>>;
  let store: Store;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'messy-'));
    made = await makeMessyServer(folder);
    archive = join(folder, 'dump.archive');
    await writeFile(archive, makeArchive(made.database, ['units_iso', 'repos', 'units_iso']));
    store = await openStore();
    await migrate(archive, folder, { services: store.services, plan: EVERYTHING });
  });
  afterAll(async () => {
    await closeStore(store);
    await rm(folder, { recursive: true });
  });

  it('balances: source = migrated + deduplicated + set aside', async () => {
    const { summary } = await store.database.one<{ summary: { kinds: Record<string, number | string>[] } }>(
      sql`select summary from migration`,
    );
    for (const kind of summary.kinds) {
      expect(kind.source, String(kind.kind)).toBe(
        Number(kind.migrated) + Number(kind.deduplicated) + Number(kind.set_aside),
      );
    }
    expect(
      Object.fromEntries(summary.kinds.map((kind) => [kind.kind, [kind.source, kind.migrated, kind.set_aside]])),
    ).toEqual({
      repository: [8, 6, 2],
      importer: [4, 3, 1],
      distributor: [4, 4, 0],
      iso: [18, 9, 9],
      rpm: [1, 0, 1],
      association: [24, 10, 13],
      'catalogue entry': [4, 3, 0],
      schedule: [1, 1, 0],
      history: [2, 2, 0],
    });
  });
  it('a second run writes nothing', async () => {
    const before = await everything(store);
    const result = await migrate(archive, folder, { services: store.services, plan: EVERYTHING });
    expect(result.changed).toBe(false);
    expect(await everything(store)).toEqual(before);
  });
});

describe.skipIf(!existsSync(DUMP))('a migration of a real dump (../shared; skipped where it is absent)', () => {
  it('moves 4 repositories and 256 units', async () => {
    const store = await openStore();
    const archive = join(DUMP, 'mongodb.file_base_4repos.archive');
    await migrate(archive, join(DUMP, 'var/lib/pulp'), { services: store.services, plan: EVERYTHING });
    const { summary } = await store.database.one<{ summary: unknown }>(sql`select summary from migration`);
    console.log(JSON.stringify(summary, null, 1));
    await closeStore(store);
  });
});
