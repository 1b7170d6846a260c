import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { V2Error } from '../../../compat-v2/errors.ts';
import { associationQuery } from '../../../compat-v2/search/collections/associations.ts';
import { distributorQuery } from '../../../compat-v2/search/collections/distributors.ts';
import { repositoryQuery } from '../../../compat-v2/search/collections/repositories.ts';
import { unitQuery } from '../../../compat-v2/search/collections/unit-query.ts';
import { readCriteria } from '../../../compat-v2/search/criteria.ts';
import type { JsonObject } from '../../../compat-v2/search/operand.ts';
import { translatePattern } from '../../../compat-v2/search/pattern.ts';
import { QueryRefused } from '../../../compat-v2/search/refusal.ts';
import { search } from '../../../compat-v2/search/run.ts';
import { readUnitCriteria } from '../../../compat-v2/search/unit-criteria.ts';
import { projectRoot } from '../../../src/config/root.ts';
import { loadMappings } from '../../../src/mapping/load.ts';
import { type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

const mappings = loadMappings(`${projectRoot}/mappings`);
const unit = mappings.byUnit('iso')?.unit;

const name = fc.constantFrom(
  ...['id', '_id', 'name', 'size', 'checksum', 'notes', 'notes.k', 'notes.$where', 'config.relative_url', 'repo_id'],
  ...[
    'last_unit_added',
    'created',
    'unit_id',
    'downloaded',
    '_storage_path',
    '',
    '.',
    'a..b',
    '__proto__',
    "x' or 1=1 --",
  ],
);
const operator = fc.constantFrom(
  ...[
    '$eq',
    '$ne',
    '$gt',
    '$gte',
    '$lt',
    '$lte',
    '$in',
    '$nin',
    '$all',
    '$exists',
    '$size',
    '$regex',
    '$options',
    '$not',
  ],
  ...['$elemMatch', '$where', '$expr', '$mod', '$type', '$date', '$and', '$or', '$nor', 'plain'],
);
const { value, filter } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1e308,
      2 ** 53,
      1.5,
      '',
      'a',
      '(a+)+$',
      '[',
      '\0',
      '\ud800',
      '2020-01-01T00:00:00Z',
    ),
    fc.string(),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(operator, name), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
  filter: fc.dictionary(fc.oneof({ weight: 3, arbitrary: name }, operator), tie('value'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
}));
const sort = fc.oneof(
  fc.constant(null),
  value,
  fc.tuple(name, fc.constantFrom(1, -1, 'ascending', 'x')).map((entry) => [entry]),
);
/** Filters that are well-formed, with operands of any type. */
const operand = fc.oneof(
  value,
  fc.constantFrom('a', 3, null, true, '2020-01-01T00:00:00Z', '018c7d9e-0000-7000-8000-000000000001'),
);
const plausible = fc.dictionary(
  name,
  fc.oneof(
    operand,
    fc
      .tuple(fc.constantFrom('$eq', '$ne', '$gt', '$lte', '$exists'), operand)
      .map(([key, inner]) => ({ [key]: inner })),
    fc
      .tuple(fc.constantFrom('$in', '$nin', '$all'), fc.array(operand, { maxLength: 3 }))
      .map(([key, inner]) => ({ [key]: inner })),
    fc.constantFrom(
      { $regex: '^a.*[b-z]$', $options: 'i' },
      { $not: 'a|b' },
      { $size: 2 },
      { $lt: { $date: '2020-01-01T00:00:00Z' } },
    ),
    filter.map((inner) => ({ $elemMatch: inner })),
  ),
  { maxKeys: 3, noNullPrototype: true },
);
const filters = fc.oneof({ weight: 4, arbitrary: plausible }, filter, value);
const rest = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  fc.record({ sort, limit: value, skip: value, fields: value }, { requiredKeys: [], noNullPrototype: true }),
);
const criteria = fc
  .tuple(filters, rest)
  .map(([document, more]) => ({ filters: document, ...more })) as fc.Arbitrary<JsonObject>;
const levels = fc.record({ unit: filters, association: plausible }, { requiredKeys: [], noNullPrototype: true });
const unitRest = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      {},
      { type_ids: 'iso' },
      { sort: { unit: [['size', -1]], association: [['created', 1]] } },
    ),
  },
  fc.record(
    { type_ids: value, sort: fc.oneof(levels, value), limit: value },
    { requiredKeys: [], noNullPrototype: true },
  ),
);
const unitCriteria = fc
  .tuple(fc.oneof({ weight: 4, arbitrary: levels }, value), unitRest)
  .map(([document, more]) => ({ filters: document, ...more })) as fc.Arbitrary<JsonObject>;

describe('hostile searches', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
    await test.database.execute(sql`insert into content (type, digest, attributes)
      values ('file.file', 'x', '{"relative_path": "a", "sha256": "b", "size": 3}')`);
    await test.database.execute(sql`insert into repository (type, name) values ('file.file', 'r')`);
    await test.database.execute(
      sql`insert into repository_version (repository_id, number) select id, 0 from repository`,
    );
    await test.database.execute(sql`insert into repository_content (repository_id, content_id, version_added)
      select repository.id, content.id, 0 from repository, content`);
  });
  afterAll(() => test.drop());

  /** Whether it ran; anything but a clean 400 fails the test. */
  async function runs(statement: () => Sql): Promise<boolean> {
    try {
      for await (const _rows of await search(test.database, statement(), (rows) => rows));
      return true;
    } catch (error) {
      if (error instanceof V2Error && error.status === 400) return false;
      throw error;
    }
  }

  it('of collections are answered or refused with 400', async () => {
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(criteria, async (body) => {
        if (!unit) throw new Error('The iso mapping is gone.');
        const queries = [
          () => repositoryQuery(mappings, readCriteria(body)),
          () => distributorQuery(mappings, readCriteria(body)),
          () => unitQuery(unit, readCriteria(body), sql`'{}'::text[]`),
        ];
        for (const query of queries) ran += (await runs(query)) ? 1 : 0;
      }),
      { numRuns: 700 },
    );
    expect(ran).toBeGreaterThan(50);
  });

  it('of units are answered or refused with 400', async () => {
    const repository = await test.database.one<{ id: string; name: string }>(sql`select id, name from repository`);
    let ran = 0;
    await fc.assert(
      fc.asyncProperty(unitCriteria, fc.boolean(), async (body, isWhole) => {
        const searched = { repository, types: unit ? [unit] : [], isWhole };
        ran += (await runs(() => associationQuery(sql`rc.content_id`, searched, readUnitCriteria(body)))) ? 1 : 0;
      }),
      { numRuns: 700 },
    );
    expect(ran).toBeGreaterThan(50);
  });

  it('give their connection back when nobody reads on', async () => {
    const many = sql`select i as n from generate_series(1, 5000) i`;
    for (let round = 0; round < 20; round += 1) {
      for await (const _rows of await search(test.database, many, (rows) => rows)) break;
      const broken = await search<{ n: number }, number>(test.database, many, () => {
        throw new Error('cannot be shown');
      });
      await expect(broken[Symbol.asyncIterator]().next()).rejects.toThrow('cannot be shown');
    }
    expect(test.database.poolState().waiting).toBe(0);
    expect(await test.database.query(sql`select 1 as one`)).toHaveLength(1);
  });

  it('can be stopped when they take too long', async () => {
    const rows = test.database.stream(sql`select pg_sleep(60)`, 10, 100);
    await expect(rows.next()).rejects.toMatchObject({ code: '57014' });
  });

  it('answer regular expressions that explode elsewhere in no time', async () => {
    const evil = ['(a+)+$', '(a|a)*b', '(a|aa)+$', '(.*a){12}', '^(([a-z])+.)+[A-Z]([a-z])+$'];
    const text = `${'a'.repeat(5000)}!`;
    for (const pattern of evil) {
      const started = Date.now();
      await test.database.query(sql`select ${text} ~ ${translatePattern(pattern, '')} as found`);
      expect(Date.now() - started).toBeLessThan(2000);
    }
  });

  it('mean the same in patterns as Python and JavaScript do', async () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '\\d',
      '\\w',
      '[ab]',
      '[^a]',
      '(a|b)',
      '(?:ab)',
      '\\.',
      '[a-c1-]',
      'é',
      '\\s',
    );
    const piece = fc
      .tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}', '*?', '+?'))
      .map((parts) => parts.join(''));
    const pattern = fc
      .tuple(fc.constantFrom('', '^', '\\b'), fc.array(piece, { maxLength: 4 }), fc.constantFrom('', '$', '|b'))
      .map(([start, pieces, end]) => start + pieces.join('') + end);
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '1', '.', '-', ' ', '\n', 'A', 'é'), { maxLength: 6 })
      .map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(pattern, text, fc.constantFrom('', 'i', 's', 'm'), async (source, subject, options) => {
        // JavaScript's \w and \b know ASCII only, PostgreSQL's all letters, as Python's do for texts.
        fc.pre(!(subject.includes('é') && /\\[wb]/.test(source)));
        const expected = new RegExp(source, options).test(subject);
        const { found } = await test.database.one<{ found: boolean }>(
          sql`select ${subject} ~ ${translatePattern(source, options)} as found`,
        );
        expect(found).toBe(expected);
      }),
      { numRuns: 1500 },
    );
  });

  it('accept no pattern that PostgreSQL does not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom(...'ab()[]{}|*+?^$.\\-:<>=!,19dPnx#é'), maxLength: 12 }),
        async (source) => {
          let translated: string;
          try {
            translated = translatePattern(source, '');
          } catch (error) {
            expect(error).toBeInstanceOf(QueryRefused);
            return;
          }
          await test.database.query(sql`select 'ab' ~ ${translated} as found`);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
