import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openContentRoot } from '../../../src/migrator/content-root.ts';
import { latestMigration, type MigrationRow } from '../../../src/migrator/ledger.ts';
import { readReport, renderReport } from '../../../src/migrator/report/report.ts';
import { verifyMigration } from '../../../src/migrator/verify/verify.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { makeMessyServer } from '../../support/messy-server.ts';
import { EVERYTHING, mappings, migrate, registry, withSource } from '../../support/migration.ts';
import { closeStore, dumpStore, openStore, type Store, visibleState } from '../../support/migration-store.ts';
import { makeArchive, type V2Database, writeFolder } from '../../support/v2-dump.ts';

const DUMP = join(process.cwd(), '..', 'shared', 'fixtures', 'pulp2', 'file_base_4repos');

let folder: string;
let archive: string;
let made: Awaited<ReturnType<typeof makeMessyServer>>;
let store: Store;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'messy-'));
  made = await makeMessyServer(folder);
  archive = await writeDump('dump.archive', made.database);
  store = await openStore();
  await migrate(archive, folder, { services: store.services, plan: EVERYTHING });
});
afterAll(async () => {
  await closeStore(store);
  await rm(folder, { recursive: true });
});

async function writeDump(name: string, database: V2Database): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, makeArchive(database, ['units_iso', 'repos', 'units_iso']));
  return path;
}

/** A deep copy to change: the documents stay what they are. */
function copyOf(database: V2Database): V2Database {
  return Object.fromEntries(
    Object.entries(database).map(([name, list]) => [name, list.map((entry) => ({ ...entry }))]),
  );
}

async function lastMigration(target: Store): Promise<MigrationRow> {
  const found = await latestMigration(target.database);
  if (!found) throw new Error('There was no migration.');
  return found;
}

function verify(target: Store, uri: string) {
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

const idsIn = (repository: string) =>
  store.database.query<{ content_id: string; created: string }>(sql`
  select content_id, member.created from repository_content member join repository on repository.id = repository_id
  where name = ${repository} and version_removed is null`);

describe('a migration of a messy server', () => {
  it('balances: source = migrated + deduplicated + set aside', async () => {
    const kinds = (await lastMigration(store)).summary?.kinds ?? [];
    for (const kind of kinds) expect(kind.source, kind.kind).toBe(kind.migrated + kind.deduplicated + kind.set_aside);
    expect(Object.fromEntries(kinds.map((kind) => [kind.kind, [kind.source, kind.migrated, kind.set_aside]]))).toEqual({
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

  it('names every item that it set aside, with its reason', async () => {
    const report = await readReport(store.database, await lastMigration(store));
    const total = (kind: string) =>
      report.set_aside.filter((entry) => entry.kind === kind).reduce((sum, { count }) => sum + count, 0);
    expect(total('iso')).toBe(9);
    expect(total('association')).toBe(13);
    const iso = report.set_aside.filter(({ kind }) => kind === 'iso');
    const { units } = made;
    expect(Object.fromEntries(iso.map(({ reason, items }) => [reason, items.map(({ id }) => id).sort()]))).toEqual({
      bad_unit: [units.incomplete.id],
      bad_path: [units.evil.id, units.manifest.id].sort(),
      missing_file: [units.missing.id],
      damaged_file: [units.short.id, units.wrong.id].sort(),
      unusable_file: [units.escaping.id],
      no_source: [units.lost.id],
      orphan: [units.orphan.id],
    });
    expect(report.remarks.map(({ kind, reason }) => `${kind} ${reason}`)).toEqual([
      'distribution guarded',
      'importer no_feed',
    ]);
    expect(renderReport(report)).toContain('bytes instead of');
  });

  it('keeps ids, dates, notes and configuration', async () => {
    const { units } = made;
    expect((await idsIn('zoo')).map(({ content_id }) => content_id).sort()).toEqual(
      [units.good, units.nested, units.fallback, units.newer, units.linked].map(({ id }) => id).sort(),
    );
    expect((await idsIn('lazy')).every(({ created }) => created === '2018-01-02T03:04:05.000000Z')).toBe(true);
    const zoo = await store.database.one<Record<string, unknown>>(sql`
      select repository.description, repository.retain_repo_versions, content_added_at, display_name, notes, scratchpad, object_id,
        remote.name as remote, remote.url, remote.download_concurrency, remote.username, remote.password
      from repository join v2_repository on repository_id = repository.id join remote on remote.id = remote_id
      where repository.name = 'zoo'`);
    expect(zoo).toMatchObject({
      description: 'All animals',
      display_name: 'The zoo',
      notes: { '_repo-type': 'iso-repo', owner: 'me' },
      scratchpad: { private: '9007199254740993' },
      object_id: String(made.database.repos?.[0]?._id),
      content_added_at: '2019-10-31T18:32:27.811000Z',
      remote: 'zoo',
      url: 'https://old.example/zoo/PULP_MANIFEST',
      download_concurrency: 3,
    });
    expect(store.services.secrets.open(String(zoo.username))).toBe('us@er');
    expect(store.services.secrets.open(String(zoo.password))).toBe('p:w');
    const [metadata] = await store.database.query(sql`select content_id, user_metadata, kept from v2_unit`);
    expect(metadata).toEqual({ content_id: units.good.id, user_metadata: { build: 7 }, kept: {} });
  });

  it('holds no secret in clear anywhere', async () => {
    const everything = JSON.stringify(await dumpStore(store));
    for (const secret of ['p:w', 'p%3Aw', 'us@er', 'shrouded']) expect(everything).not.toContain(secret);
  });

  it('stores the bytes, and URLs for what is on demand', async () => {
    const { units } = made;
    for (const unit of [units.good, units.nested, units.arrived, units.linked]) {
      expect(await text(store.services.store.open(unit.checksum))).toBe(unit.bytes.toString());
    }
    const sources = await store.database.query<{ relative_path: string; url: string; remote: string }>(sql`
      select relative_path, remote_artifact.url, remote.name as remote from remote_artifact
      join content_artifact on content_artifact.id = content_artifact_id join remote on remote.id = remote_id
      order by relative_path`);
    expect(sources).toEqual([
      { relative_path: 'fallback.iso', url: 'https://old.example/zoo/fallback.iso', remote: 'zoo' },
      { relative_path: 'lazy.iso', url: 'https://old.example/lazy/lazy.iso', remote: 'lazy' },
      {
        relative_path: 'stray-importer.iso',
        url: 'https://elsewhere.example/x/stray-importer.iso',
        remote: expect.stringContaining('pulp2-importer-'),
      },
    ]);
  });

  it('publishes what was published, and nothing that was protected', async () => {
    const served = await store.database.query(sql`
      select base_path, publication_id is not null as published, publication.created from distribution
      left join publication on publication.id = publication_id order by base_path`);
    const created = '2019-10-31T18:32:35.749000Z';
    expect(served).toEqual([
      { base_path: 'animals', published: true, created },
      { base_path: 'lazy', published: true, created },
      { base_path: 'odd..Name_-1', published: false, created: null },
    ]);
    const manifest = await store.database.one<{ sha256: string }>(sql`
      select artifact.sha256 from distribution join published_metadata using (publication_id)
      join artifact on artifact.id = artifact_id where base_path = 'animals'`);
    const lines = (await text(store.services.store.open(manifest.sha256))).trim().split('\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual([
      'dir/nested.iso',
      'fallback.iso',
      'good.iso',
      'linked.iso',
      'rival.iso',
    ]);
  });

  it('moves histories and schedules, with their old ids', async () => {
    const histories = await store.database.query<{ kind: string; added_count: number | null }>(
      sql`select kind, added_count from v2_history order by kind`,
    );
    expect(histories).toEqual([
      { kind: 'publish', added_count: null },
      { kind: 'sync', added_count: 4 },
    ]);
    const schedule = await store.database.one<Record<string, unknown>>(sql`select * from schedule`);
    expect(String(schedule.id).replaceAll('-', '').slice(0, 24)).toBe(String(made.database.scheduled_calls?.[0]?._id));
    expect(schedule).toMatchObject({
      iso_interval: 'R5/2019-01-01T03:00:00Z/P1D',
      remaining_dispatches: 5,
      enabled: true,
    });
    expect(Date.parse(String(schedule.next_dispatch))).toBeGreaterThan(Date.now());
    expect(JSON.parse(store.services.secrets.open(String(schedule.arguments)))).toMatchObject({
      name: 'pulp.server.managers.repo.sync.sync',
      args: { repo_id: 'lazy', override_config: {} },
    });
  });

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
});

describe('a migration that cannot go on', () => {
  it('writes nothing when the source is cut off', async () => {
    const target = await openStore();
    try {
      const before = await dumpStore(target);
      const bytes = await readFile(archive);
      const cut = join(folder, 'cut.archive');
      await writeFile(cut, bytes.subarray(0, bytes.length - 700));
      await expect(migrate(cut, folder, { services: target.services, plan: EVERYTHING })).rejects.toThrow('cut off');
      expect(await dumpStore(target)).toEqual(before);
    } finally {
      await closeStore(target);
    }
  });

  it('is refused while another one runs', async () => {
    const client = await store.database.connect();
    try {
      await client.query('select pg_advisory_lock(4711012010)');
      await expect(migrate(archive, folder, { services: store.services, plan: EVERYTHING })).rejects.toThrow(
        'Another migration is running',
      );
    } finally {
      await client.end();
    }
  });

  it('ends where an interruption at any step is followed by another run', async () => {
    const expected = await visibleState(store);
    const steps = await countSteps();
    for (let stopAt = 1; stopAt <= steps; stopAt++) {
      const target = await openStore();
      try {
        let step = 0;
        const failing = () => {
          if (++step === stopAt) throw new Error('interrupted');
        };
        const options = { services: target.services, plan: EVERYTHING };
        await expect(migrate(archive, folder, { ...options, progress: failing })).rejects.toThrow('interrupted');
        await migrate(archive, folder, options);
        expect(await visibleState(target), `interrupted at step ${stopAt}`).toEqual(expected);
      } finally {
        await closeStore(target);
      }
    }
  });

  async function countSteps(): Promise<number> {
    const target = await openStore();
    let steps = 0;
    await migrate(archive, folder, { services: target.services, plan: EVERYTHING, progress: () => void steps++ });
    await closeStore(target);
    return steps;
  }
});

describe('mappings and content root', () => {
  it('find nothing outside of the folder', async () => {
    const found = await openContentRoot(folder).find(made.units.escaping.path);
    expect(found.state).toBe('unusable');
  });
});

describe.skipIf(!existsSync(DUMP))('a migration of a real dump (../shared; skipped where it is absent)', () => {
  it('moves 4 repositories and 256 units, and proves it', async () => {
    const target = await openStore();
    const uri = join(DUMP, 'mongodb.file_base_4repos.archive');
    try {
      await migrate(uri, join(DUMP, 'var/lib/pulp'), { services: target.services, plan: EVERYTHING });
      const kinds = (await lastMigration(target)).summary?.kinds ?? [];
      expect(kinds.find(({ kind }) => kind === 'iso')).toMatchObject({ source: 266, migrated: 256, set_aside: 10 });
      expect(kinds.find(({ kind }) => kind === 'repository')).toMatchObject({ source: 4, migrated: 4 });
      expect(await verify(target, uri)).toMatchObject({
        repositories: 4,
        memberships: 256,
        files: 3,
        paths: 260,
        problems: [],
      });
    } finally {
      await closeStore(target);
    }
  });
});
