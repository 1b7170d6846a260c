import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ObjectId } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { closeMessyMigration, type MessyMigration, openMessyMigration, verify } from '../../support/messy-migration.ts';
import { EVERYTHING, migrate } from '../../support/migration.ts';
import { closeStore, openStore, type Store, visibleState } from '../../support/migration-store.ts';
import { type V2Database, writeFolder } from '../../support/v2-dump.ts';

let messy: MessyMigration;
let { folder, archive, made, store } = {} as MessyMigration;
beforeAll(async () => {
  messy = await openMessyMigration();
  ({ folder, archive, made, store } = messy);
});
afterAll(() => closeMessyMigration(messy));

/** A deep copy to change: the documents stay what they are. */
function copyOf(database: V2Database): V2Database {
  return Object.fromEntries(
    Object.entries(database).map(([name, list]) => [name, list.map((entry) => ({ ...entry }))]),
  );
}

describe('a migration that is repeated', () => {
  it('gives the same from a folder, and moves on with the source', async () => {
    const target = await openStore();
    const dump = await mkdtemp(join(tmpdir(), 'dump-'));
    try {
      await writeFolder(dump, made.database, { gzip: true });
      await migrate(dump, folder, { services: target.services, plan: EVERYTHING });
      const first = await visibleState(target);
      expect(first).toEqual(await visibleState(store));
      await changeSource(dump, target, first);
    } finally {
      await closeStore(target);
      await rm(dump, { recursive: true });
    }
  });

  async function changeSource(dump: string, target: Store, first: Awaited<ReturnType<typeof visibleState>>) {
    const changed = copyOf(made.database);
    changed.repo_content_units = (changed.repo_content_units ?? []).filter(
      ({ repo_id, unit_id }) => repo_id !== 'zoo' || unit_id !== made.units.nested.id,
    );
    const [importer] = changed.repo_importers ?? [];
    if (importer) importer.config = { feed: 'https://new.example/zoo/' };
    await writeFolder(dump, changed, { gzip: true });
    expect((await migrate(dump, folder, { services: target.services, plan: EVERYTHING })).changed).toBe(true);
    const second = await visibleState(target);
    expect(second.distributors).toEqual(first.distributors);
    expect(second.memberships?.length).toBe((first.memberships?.length ?? 0) - 1);
    const versions = second.versions as { name: string; number: number }[];
    expect(versions.filter(({ name }) => name === 'zoo').at(-1)?.number).toBe(2);
    expect(versions.filter(({ name }) => name === 'lazy').at(-1)?.number).toBe(1);
    expect((second.repositories as { name: string; url: string }[]).find(({ name }) => name === 'zoo')?.url).toBe(
      'https://new.example/zoo/PULP_MANIFEST',
    );
    expect((await verify(target, dump)).problems).toEqual([]);
  }

  it('moves a unit whose file was repaired', async () => {
    const target = await openStore();
    const { missing } = made.units;
    const place = join(folder, missing.path.slice('/var/lib/pulp'.length));
    try {
      await migrate(archive, folder, { services: target.services, plan: EVERYTHING });
      await rm(dirname(place), { recursive: true, force: true });
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, missing.bytes);
      expect((await migrate(archive, folder, { services: target.services, plan: EVERYTHING })).changed).toBe(true);
      const { memberships } = await visibleState(target);
      expect(memberships).toContainEqual(expect.objectContaining({ name: 'zoo', content_id: missing.id }));
    } finally {
      await closeStore(target);
      await rm(place, { force: true });
    }
  });

  it('leaves what clients changed since, as long as the source is the same', async () => {
    const target = await openStore();
    try {
      await migrate(archive, folder, { services: target.services, plan: EVERYTHING });
      await target.database.execute(sql`update repository set description = 'mine' where name = 'lazy'`);
      await migrate(archive, folder, { services: target.services, plan: { ...EVERYTHING, orphans: true } });
      const { repositories, content } = await visibleState(target);
      expect(repositories).toContainEqual(expect.objectContaining({ name: 'lazy', description: 'mine' }));
      expect(content).toContainEqual(expect.objectContaining({ id: made.units.orphan.id }));
    } finally {
      await closeStore(target);
    }
  });

  it('does not touch a repository of the same name that is not its own', async () => {
    const target = await openStore();
    try {
      await target.database.execute(sql`insert into repository (type, name) values ('file.file', 'zoo')`);
      await migrate(archive, folder, { services: target.services, plan: EVERYTHING });
      const { repositories, set_aside } = await visibleState(target);
      expect(repositories).toContainEqual(expect.objectContaining({ name: 'zoo', remote: null, object_id: null }));
      expect(set_aside).toContainEqual(
        expect.objectContaining({ kind: 'repository', reason: 'name_taken', repository: 'zoo' }),
      );
    } finally {
      await closeStore(target);
    }
  });

  it('honours the plan: some repositories, new feeds', async () => {
    const target = await openStore();
    try {
      const feeds = [{ from: 'https://old.example/', to: 'http://new.example/' }];
      await migrate(archive, folder, {
        services: target.services,
        plan: { repositories: { include: ['l*'] }, feeds, orphans: false },
      });
      const { repositories, sources } = await visibleState(target);
      expect(repositories).toEqual([
        expect.objectContaining({ name: 'lazy', url: 'http://new.example/lazy/PULP_MANIFEST' }),
      ]);
      expect(sources).toContainEqual(expect.objectContaining({ url: 'http://new.example/lazy/lazy.iso' }));
    } finally {
      await closeStore(target);
    }
  });

  it('gives a unit that was never downloaded the bytes that another one brings, whichever comes first', async () => {
    const target = await openStore();
    const dump = await mkdtemp(join(tmpdir(), 'dump-'));
    const { good } = made.units;
    const { units_iso = [], repo_content_units = [], ...others } = made.database;
    const twin = {
      ...units_iso.find(({ _id }) => _id === good.id),
      _id: randomUUID(),
      name: 'twin.iso',
      downloaded: false,
      _storage_path: '/var/lib/pulp/content/units/iso/00/nowhere',
    };
    const membership = {
      ...repo_content_units.find(({ repo_id, unit_id }) => repo_id === 'zoo' && unit_id === good.id),
      _id: new ObjectId(),
      unit_id: twin._id,
    };
    try {
      const database = {
        ...others,
        units_iso: [twin, ...units_iso],
        repo_content_units: [...repo_content_units, membership],
      };
      await writeFolder(dump, database, { gzip: false });
      await migrate(dump, folder, { services: target.services, plan: EVERYTHING });
      const { content } = await visibleState(target);
      expect(content).toContainEqual(expect.objectContaining({ id: twin._id, sha256: good.checksum }));
      expect((await verify(target, dump)).problems).toEqual([]);
    } finally {
      await closeStore(target);
      await rm(dump, { recursive: true });
    }
  });
});
