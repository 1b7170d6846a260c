import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeContent } from '../../../src/core/content/store.ts';
import { firstVersions } from '../../../src/core/repository/first-versions.ts';
import { NOTHING, newVersion } from '../../../src/core/repository/new-version.ts';
import { createRepository } from '../../../src/core/repository/transactor.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const KEYS = [{ type: 'file.file', fields: ['relative_path'] }];
const PATHS = ['one', 'two', 'three', 'one', 'two/inner'];
const LONG_AGO = '2019-01-02T03:04:05.000000Z';

let test: TestDatabase;
let units: string[];
let repositories = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  const declared = PATHS.map((path, index) => ({
    type: 'file.file',
    key: [path, `digest${index}`],
    attributes: { relative_path: path, sha256: `digest${index}`, size: 1 },
    details: null,
    artifacts: [{ relative_path: path, sha256: null, source: null }],
    origin: null,
  }));
  units = await test.database.transaction((tx) => storeContent(tx, declared));
});
afterAll(() => test.drop());

async function makeRepository(retain: number | null): Promise<string> {
  const fields = {
    type: 'file.file',
    description: null,
    labels: {},
    retain_checkpoints: null,
    remote_id: null,
    data: {},
  };
  const name = `repository-${repositories++}`;
  const { id } = await test.database.transaction((tx) =>
    createRepository(tx, { ...fields, name, retain_repo_versions: retain }),
  );
  return id;
}

/** Puts units, by their places, into repositories. */
function fill(wanted: ReadonlyMap<string, readonly number[]>) {
  const rows = [...wanted].flatMap(([id, places]) => places.map((place) => ({ id, unit: units[place] })));
  const content = sql`select repository_id, content_id, ${LONG_AGO}::timestamptz as created
    from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ unit }) => unit)}::uuid[]) row (repository_id, content_id)`;
  return test.database.transaction((tx) => firstVersions(tx, [...wanted.keys()], content, KEYS));
}

function fillOne(id: string, places: readonly number[]) {
  const add = sql`select unnest(${places.map((place) => units[place])}::uuid[])`;
  const change = { add, remove: NOTHING, replaceAll: true, baseVersion: null, overwrite: true, keys: KEYS };
  return test.database.transaction((tx) =>
    newVersion(tx, id, {
      ...change,
      since: sql`select id as content_id, ${LONG_AGO}::timestamptz as created from content`,
    }),
  );
}

/** All that a repository consists of, but for ids and the present time. */
async function stateOf(id: string) {
  const { database } = test;
  return {
    repository: await database.one(sql`
      select next_version, content_added_at is null as never_added, content_removed_at from repository where id = ${id}`),
    versions: await database.query(sql`
      select number, base_version_id, content_counts from repository_version where repository_id = ${id} order by number`),
    membership: await database.query(sql`
      select content_id, version_added, version_removed, created from repository_content
      where repository_id = ${id} order by content_id`),
  };
}

describe('first versions', () => {
  it('are what newVersion makes of each repository', async () => {
    for (const retain of [null, 1, 2]) {
      const [left, right, alone] = [
        await makeRepository(retain),
        await makeRepository(retain),
        await makeRepository(retain),
      ];
      const made = await fill(
        new Map([
          [left, [0, 1]],
          [right, [0, 1, 2]],
        ]),
      );
      expect(made.sort()).toEqual([left, right].sort());
      await fillOne(alone, [0, 1, 2]);
      expect(await stateOf(right)).toEqual(await stateOf(alone));
      expect((await stateOf(left)).membership).toHaveLength(2);
    }
  });

  it('leave alone what held something before, and what shall hold nothing', async () => {
    const [used, bare] = [await makeRepository(null), await makeRepository(1)];
    await fillOne(used, [2]);
    const before = [await stateOf(used), await stateOf(bare)];
    expect(
      await fill(
        new Map([
          [used, [0]],
          [bare, []],
        ]),
      ),
    ).toEqual([]);
    expect([await stateOf(used), await stateOf(bare)]).toEqual(before);
  });

  it('are refused as a whole for rivals and overlapping paths within a repository, not across', async () => {
    const [first, second] = [await makeRepository(null), await makeRepository(null)];
    const before = [await stateOf(first), await stateOf(second)];
    const both = (places: readonly number[]) => fill(new Map([[first, [2]] as const, [second, places] as const]));
    await expect(both([0, 3])).rejects.toThrow('Found 2 duplicate contents');
    await expect(both([1, 4])).rejects.toThrow('Path is duplicated: two and two/inner.');
    expect([await stateOf(first), await stateOf(second)]).toEqual(before);
    const across = await fill(
      new Map([
        [first, [0, 1]],
        [second, [3, 4]],
      ]),
    );
    expect(across).toHaveLength(2);
  });
});
