import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeContent } from '../../../src/core/content/store.ts';
import { contentAdded, contentOfVersion, contentRemoved } from '../../../src/core/repository/membership.ts';
import { NOTHING, newVersion } from '../../../src/core/repository/new-version.ts';
import { latestVersion, previousNumber } from '../../../src/core/repository/reader.ts';
import { deleteVersion } from '../../../src/core/repository/retention.ts';
import { createRepository } from '../../../src/core/repository/transactor.ts';
import type { RepositoryVersionRow } from '../../../src/core/repository/types.ts';
import type { Database } from '../../../src/platform/postgres/database.ts';
import { type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const KEYS = [{ type: 'file.file', fields: ['relative_path'] }];
const UNITS = 8;

let test: TestDatabase;
let database: Database;
let ids: string[];

beforeAll(async () => {
  test = await createTestDatabase();
  database = test.database;
  // Units 0 and 1, 2 and 3, … share a path, so that they are rivals.
  const units = Array.from({ length: UNITS }, (_, index) => unit(`path${index >> 1}`, `digest${index}`));
  ids = await database.transaction((tx) => storeContent(tx, units));
});

afterAll(() => test.drop());

function unit(path: string, sha256: string) {
  return {
    type: 'file.file',
    key: [path, sha256],
    attributes: { relative_path: path, sha256, size: 1 },
    details: null,
    artifacts: [{ relative_path: path, sha256: null, source: null }],
    origin: null,
  };
}

function makeRepository(name: string, retain: number | null = null) {
  return database.transaction((tx) =>
    createRepository(tx, {
      type: 'file.file',
      name,
      description: null,
      labels: {},
      retain_repo_versions: retain,
      retain_checkpoints: null,
      remote_id: null,
      data: {},
    }),
  );
}

const select = (units: readonly number[]) => sql`select unnest(${units.map((index) => ids[index])}::uuid[])`;

function change(repositoryId: string, add: readonly number[], remove: readonly number[], options = {}) {
  return database.transaction((tx) =>
    newVersion(tx, repositoryId, {
      add: select(add),
      remove: select(remove),
      replaceAll: false,
      baseVersion: null,
      overwrite: true,
      keys: KEYS,
      ...options,
    }),
  );
}

async function numbersOf(contentIds: Sql): Promise<number[]> {
  const rows = await database.query<{ id: string }>(sql`select * from (${contentIds}) rows (id)`);
  return rows.map(({ id }) => ids.indexOf(id)).sort();
}

const count = (units: Set<number> | number[]) => {
  const size = units instanceof Set ? units.size : units.length;
  return size === 0 ? {} : { 'file.file': size };
};

describe('repository versions', () => {
  it('replace rivals, and keep what is both removed and added', async () => {
    const { id } = await makeRepository('rivals');

    await change(id, [0, 2], []);
    const version = await change(id, [1, 2], [2]);

    expect(version?.number).toBe(2);
    expect(await numbersOf(contentOfVersion(id, 2))).toEqual([1, 2]);
    expect(version?.content_counts).toEqual({ added: count([1]), removed: count([0]), present: count([1, 2]) });
  });

  it('are not made when nothing changes', async () => {
    const { id } = await makeRepository('unchanged');
    await change(id, [0], []);

    expect(await change(id, [0], [2])).toBeNull();
    expect((await latestVersion(database, id)).number).toBe(1);
  });

  it('refuse two rivals at once, and overwriting when told so', async () => {
    const { id } = await makeRepository('refusals');
    await change(id, [0], []);

    await expect(change(id, [2, 3], [])).rejects.toMatchObject({ code: 'PLP0022' });
    await expect(change(id, [1], [], { overwrite: false })).rejects.toMatchObject({ code: 'PLP0023' });
    expect(await change(id, [1], [0], { overwrite: false })).toMatchObject({ number: 2 });
  });

  it('refuse a path that is a folder of another one', async () => {
    const { id } = await makeRepository('overlap');
    const [file, below] = await database.transaction((tx) => storeContent(tx, [unit('a/b', 'x'), unit('a/b/c', 'y')]));
    const add = (unitId: string | undefined) =>
      database.transaction((tx) =>
        newVersion(tx, id, {
          add: sql`select ${unitId}::uuid`,
          remove: NOTHING,
          replaceAll: false,
          baseVersion: null,
          overwrite: true,
          keys: KEYS,
        }),
      );

    await add(file);

    await expect(add(below)).rejects.toMatchObject({ kind: 'validation' });
  });

  it('start from another version when told so', async () => {
    const { id } = await makeRepository('base');
    const first = await change(id, [0, 2], []);
    await change(id, [4], [0, 2]);

    const third = await change(id, [6], [0], { baseVersion: first });

    expect(await numbersOf(contentOfVersion(id, third?.number ?? 0))).toEqual([2, 6]);
  });

  it('keep to the retention, but for what is served', async () => {
    const { id } = await makeRepository('retained', 1);
    const first = await change(id, [0], []);
    await database.execute(sql`
      insert into distribution (type, name, base_path, repository_version_id)
      values ('file.file', 'pinned', 'pinned', ${first?.id})`);

    await change(id, [2], []);
    await change(id, [4], [0]);

    const rows = await database.query<RepositoryVersionRow>(
      sql`select * from repository_version where repository_id = ${id} order by number`,
    );
    expect(rows.map((row) => row.number)).toEqual([1, 3]);
    expect(rows[1]?.content_counts).toEqual({ added: count([2, 4]), removed: count([0]), present: count([2, 4]) });
  });

  it('are what a plain list of sets would be, whatever is changed and deleted', async () => {
    let run = 0;
    const step = fc.oneof(
      fc.record({ add: fc.subarray([0, 2, 4, 6]), remove: fc.subarray([0, 1, 2, 3, 4, 5, 6]) }),
      fc.record({ add: fc.subarray([1, 3, 5, 7]), remove: fc.subarray([0, 2, 4]) }),
      fc.record({ drop: fc.nat(5) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { id } = await makeRepository(`model${run++}`);
        const model = new Map<number, Set<number>>([[0, new Set()]]);
        let next = 1;
        for (const each of steps) {
          if ('drop' in each) {
            await dropBoth(id, model, each.drop);
          } else if (await changeBoth(id, model, next, each)) {
            next += 1;
          }
        }
        await expectSame(id, model);
      }),
      { numRuns: 40 },
    );
  });
});

async function changeBoth(
  id: string,
  model: Map<number, Set<number>>,
  next: number,
  { add, remove }: { add: number[]; remove: number[] },
): Promise<boolean> {
  const latest = model.get(Math.max(...model.keys())) ?? new Set();
  const rivals = new Set(add.map((each) => each ^ 1));
  const wanted = new Set([...latest].filter((each) => !remove.includes(each) && !rivals.has(each)));
  for (const each of add) wanted.add(each);
  const differs = wanted.size !== latest.size || [...wanted].some((each) => !latest.has(each));
  const version = await change(id, add, remove);
  expect(version !== null).toBe(differs);
  if (differs) model.set(next, wanted);
  return differs;
}

async function dropBoth(id: string, model: Map<number, Set<number>>, index: number): Promise<void> {
  const number = [...model.keys()][index];
  if (number === undefined || model.size === 1) return;
  const version = await database.one<RepositoryVersionRow>(
    sql`select * from repository_version where repository_id = ${id} and number = ${number}`,
  );
  await database.transaction((tx) => deleteVersion(tx, version));
  model.delete(number);
}

async function expectSame(id: string, model: Map<number, Set<number>>): Promise<void> {
  let before: Set<number> | null = null;
  for (const [number, units] of [...model].sort(([left], [right]) => left - right)) {
    const previous = await previousNumber(database, id, number);
    const added = [...units].filter((each) => !before?.has(each)).sort();
    const removed = [...(before ?? [])].filter((each) => !units.has(each)).sort();
    expect(await numbersOf(contentOfVersion(id, number))).toEqual([...units].sort());
    expect(await numbersOf(contentAdded(id, number, previous))).toEqual(added);
    expect(await numbersOf(contentRemoved(id, number, previous))).toEqual(removed);
    const row = await database.one<RepositoryVersionRow>(
      sql`select * from repository_version where repository_id = ${id} and number = ${number}`,
    );
    expect(row.content_counts).toEqual({ added: count(added), removed: count(removed), present: count(units) });
    before = units;
  }
}
