import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { closeMessyMigration, type MessyMigration, openMessyMigration, verify } from '../../support/messy-migration.ts';
import { EVERYTHING, migrate } from '../../support/migration.ts';
import { dumpStore } from '../../support/migration-store.ts';

let messy: MessyMigration;
let { folder, archive, made, store } = {} as MessyMigration;
beforeAll(async () => {
  messy = await openMessyMigration();
  ({ folder, archive, made, store } = messy);
});
afterAll(() => closeMessyMigration(messy));

describe('a finished migration', () => {
  it('is proved by verify, which finds what is wrong afterwards', async () => {
    const found = await verify(store, archive);
    expect(found).toMatchObject({ problems: [], files: 6, memberships: 10, paths: 10 });
    const { good, linked } = made.units;
    await store.services.store.remove(good.checksum);
    await store.database.execute(
      sql`update repository_content set version_removed = 2 where content_id = ${linked.id}`,
    );
    const { problems } = await verify(store, archive);
    expect(problems.map(({ text: told }) => told)).toEqual([
      'repository zoo: 1 units are missing, 0 are too many',
      'good.iso: its file is missing',
    ]);
    await store.database.execute(
      sql`update repository_content set version_removed = null where content_id = ${linked.id}`,
    );
    await (await store.services.store.receive([good.bytes] as never, {})).commit();
  });

  it('writes nothing the second time, whatever form the source has', async () => {
    const before = await dumpStore(store);
    const result = await migrate(archive, folder, { services: store.services, plan: EVERYTHING });
    expect(result.changed).toBe(false);
    const packed = join(folder, 'same.archive.gz');
    await writeFile(packed, gzipSync(await readFile(archive)));
    expect((await migrate(packed, folder, { services: store.services, plan: EVERYTHING })).changed).toBe(false);
    expect(await dumpStore(store)).toEqual(before);
  });
});
