import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openContentRoot } from '../../../src/migrator/content-root.ts';
import { readReport, renderReport } from '../../../src/migrator/report/report.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import {
  closeMessyMigration,
  lastMigration,
  type MessyMigration,
  openMessyMigration,
} from '../../support/messy-migration.ts';
import { dumpStore } from '../../support/migration-store.ts';

let messy: MessyMigration;
let { folder, made, store } = {} as MessyMigration;
beforeAll(async () => {
  messy = await openMessyMigration();
  ({ folder, made, store } = messy);
});
afterAll(() => closeMessyMigration(messy));

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
});

describe('mappings and content root', () => {
  it('find nothing outside of the folder', async () => {
    const found = await openContentRoot(folder).find(made.units.escaping.path);
    expect(found.state).toBe('unusable');
  });
});
