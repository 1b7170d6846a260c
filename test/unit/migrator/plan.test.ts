import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMappings } from '../../../src/mapping/load.ts';
import { openContentRoot } from '../../../src/migrator/content-root.ts';
import { AssociationList } from '../../../src/migrator/plan/association-list.ts';
import { IdTable } from '../../../src/migrator/plan/id-table.ts';
import { readInventory } from '../../../src/migrator/plan/inventory.ts';
import type { Inventory } from '../../../src/migrator/plan/inventory-types.ts';
import {
  MOVE_ALL,
  makeFeedRewriter,
  makeSelection,
  type PlanFile,
  readPlanFile,
} from '../../../src/migrator/plan/plan-file.ts';
import { renderPlan } from '../../../src/migrator/plan/render-plan.ts';
import { openSource } from '../../../src/migrator/sources/open-source.ts';
import { wantedCollections } from '../../../src/migrator/wanted.ts';
import { makeMessyServer } from '../../support/messy-server.ts';
import { makeArchive } from '../../support/v2-dump.ts';

const DUMP = join(process.cwd(), '..', 'shared', 'fixtures', 'pulp2', 'file_base_4repos');
const mappings = loadMappings(join(process.cwd(), 'mappings'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plan-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function inventory(uri: string, contentRoot: string, plan: PlanFile): Promise<Inventory> {
  const source = await openSource(uri, { workDirectory: folder, wanted: wantedCollections(mappings) });
  try {
    return await readInventory({ source, files: openContentRoot(contentRoot), plan, mappings });
  } finally {
    await source.close();
  }
}

const reasons = (found: Inventory) =>
  Object.fromEntries(found.set_aside.map((entry) => [`${entry.kind} ${entry.reason}`, entry.count]));

describe('readPlanFile', () => {
  it('reads a plan and fills in what is left out', () => {
    expect(readPlanFile('', 'plan.yaml')).toEqual(MOVE_ALL);
    expect(readPlanFile('repositories: { include: [a*] }\norphans: true', 'plan.yaml')).toEqual({
      repositories: { include: ['a*'] },
      feeds: [],
      orphans: true,
    });
  });

  it.each([
    ['repositories:\n  includes: [a]', 'plan.yaml:2: repositories.includes: unknown key'],
    ['repositorys:\n  include:\n    - a', 'plan.yaml:1: repositorys: unknown key'],
    ['repositories:\n  include:\n    a: b', 'plan.yaml:2: repositories.include: must be array'],
    ['feeds:\n  - from: "http://a/"\n    to: here', 'plan.yaml:3: feeds.0.to: must match pattern'],
    ['orphans: maybe', 'plan.yaml:1: orphans: must be boolean'],
    ['orphans: true\nfeeds:\n  - from: http://a\n', "plan.yaml:3: feeds.0: must have required property 'to'"],
    ['feeds:\n  - { from: a, to: http://b }', 'plan.yaml:2: feeds.0.from: must match pattern'],
    ['orphans: true\norphans: false', 'plan.yaml:2: Map keys must be unique'],
    ['feeds: [', 'plan.yaml:1:'],
    ['- a', 'plan.yaml:1: the file: must be object'],
  ])('refuses %j with line and key', (text, message) => {
    expect(() => readPlanFile(text, 'plan.yaml')).toThrow(message);
  });

  it('selects by id and pattern', () => {
    const selects = makeSelection({
      ...MOVE_ALL,
      repositories: { include: ['a*', 'b?c', 'd.e'], exclude: ['*-test'] },
    });
    expect(['a', 'abc', 'bxc', 'd.e'].every(selects)).toBe(true);
    expect(['ba', 'bxxc', 'dxe', 'a-test'].some(selects)).toBe(false);
    expect(makeSelection({ ...MOVE_ALL, repositories: { include: [] } })('a')).toBe(false);
  });

  it('rewrites by the longest prefix', () => {
    const feeds = [
      { from: 'http://a/', to: 'http://b/' },
      { from: 'http://a/x/', to: 'http://c/' },
    ];
    const rewrite = makeFeedRewriter({ ...MOVE_ALL, feeds });
    expect(rewrite('http://a/x/1?q')).toBe('http://c/1?q');
    expect(rewrite('http://a/y')).toBe('http://b/y');
    expect(rewrite('http://z/')).toBe('http://z/');
  });
});

describe('compact structures', () => {
  it('IdTable numbers ids as a Map would', () => {
    const ids = fc.array(fc.oneof(fc.uuid(), fc.string(), fc.constantFrom('a', 'b', 'c')), { maxLength: 3000 });
    fc.assert(
      fc.property(ids, (list) => {
        const table = new IdTable();
        const map = new Map<string, number>();
        for (const id of list) {
          if (!map.has(id)) map.set(id, map.size);
          expect(table.add(id)).toBe(map.get(id));
        }
        expect(table.size).toBe(map.size);
        for (const [id, number] of map) expect(table.find(id)).toBe(number);
        expect(table.find('never added')).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });

  it('AssociationList groups and counts duplicates', () => {
    const pairs = fc.array(fc.tuple(fc.nat(5), fc.nat({ max: 2 ** 31 })), { maxLength: 2000 });
    fc.assert(
      fc.property(pairs, (list) => {
        const associations = new AssociationList();
        for (const [repository, unit] of list) associations.add(repository, unit);
        const groups = [...associations.byRepository()];
        const distinct = new Set(list.map(String));
        expect(groups.reduce((sum, { units }) => sum + units.length, 0)).toBe(distinct.size);
        expect(groups.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(list.length - distinct.size);
        for (const { repository, units } of groups) {
          expect(units.every((unit) => distinct.has(`${repository},${unit}`))).toBe(true);
        }
      }),
    );
  });
});

describe('readInventory of a messy server', () => {
  let archive: string;
  let content: string;
  beforeAll(async () => {
    content = await mkdtemp(join(folder, 'content-'));
    archive = join(folder, 'messy.archive.gz');
    const { database } = await makeMessyServer(content);
    await writeFile(archive, gzipSync(makeArchive(database, ['units_iso', 'repos', 'units_iso'])));
  });

  it('says what moves and what not, with reasons', async () => {
    const found = await inventory(archive, content, MOVE_ALL);
    expect(found.repositories.filter(({ moves }) => moves).map(({ id }) => id)).toEqual([
      'zoo',
      'lazy',
      'bare',
      'nofeed',
      'guarded',
      'odd..Name_-1',
    ]);
    expect(reasons(found)).toEqual({
      'iso bad_unit': 1,
      'iso bad_path': 2,
      'iso missing_file': 1,
      'iso damaged_file': 1,
      'iso unusable_file': 1,
      'iso no_source': 1,
      'iso orphan': 1,
      'rpm unmapped_type': 1,
      'association dangling_repository': 1,
      'association dangling_unit': 1,
      'association duplicate': 1,
      'association unmapped_type': 2,
      'association path_conflict': 1,
      'association unit_set_aside': 7,
      'repository unmapped_type': 1,
      'repository no_type': 1,
      'distribution guarded': 1,
    });
    const [iso] = found.types;
    expect(iso).toMatchObject({ type: 'iso', units: 18, selected: 17, with_file: 7, on_demand: 3, set_aside: 8 });
  });

  it('shows no credentials, in no form', async () => {
    const found = await inventory(archive, content, MOVE_ALL);
    const text = renderPlan(found) + JSON.stringify(found);
    for (const secret of ['p:w', 'p%3Aw', 'shrouded']) expect(text).not.toContain(secret);
    expect(text).toContain('https://old.example/zoo/');
  });

  it('honours the plan', async () => {
    const plan = readPlanFile(
      'repositories: { include: [l*] }\nfeeds: [{ from: "https://old.example/", to: "http://new/" }]',
      'p',
    );
    const found = await inventory(archive, content, plan);
    expect(found.repositories.filter(({ moves }) => moves).map(({ id }) => id)).toEqual(['lazy']);
    expect(found.repositories.find(({ id }) => id === 'lazy')?.importer?.url).toBe('http://new/lazy/PULP_MANIFEST');
    expect((await inventory(archive, content, { ...MOVE_ALL, orphans: true })).types[0]?.selected).toBe(18);
    const typo = readPlanFile('repositories: { include: [zoo, zoom, lazy, l*, lazier] }', 'p');
    await expect(inventory(archive, content, typo)).rejects.toThrow('not there: zoom, lazier');
  });
});

describe.skipIf(!existsSync(DUMP))('readInventory of a real dump (../shared; skipped where it is absent)', () => {
  it('finds 4 repositories, 266 units and the ten missing files', async () => {
    const found = await inventory(join(DUMP, 'mongodb.file_base_4repos.archive'), join(DUMP, 'var/lib/pulp'), MOVE_ALL);
    expect(found.totals).toMatchObject({
      repositories: 4,
      repositories_moving: 4,
      units: 266,
      units_moving: 256,
      bytes: 3072,
    });
    expect(reasons(found)).toEqual({ 'iso missing_file': 10, 'association unit_set_aside': 10 });
    expect(renderPlan(found)).toContain('10 iso: its file is not there');
  });
});
