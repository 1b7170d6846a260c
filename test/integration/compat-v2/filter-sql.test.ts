import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileCondition } from '../../../compat-v2/search/compile.ts';
import type { Filter } from '../../../compat-v2/search/condition.ts';
import { type Field, fieldTable } from '../../../compat-v2/search/field.ts';
import { readFilter } from '../../../compat-v2/search/read-filter.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { matches } from '../../support/mongo-reference.ts';

const FIELDS = fieldTable({
  a: { kind: 'json', sql: sql`doc.data -> 'a'` },
  b: { kind: 'json', sql: sql`doc.data -> 'b'` },
  text: { kind: 'text', sql: sql`(doc.data ->> 'text')` },
  number: { kind: 'number', sql: sql`(doc.data -> 'number')` },
  flag: { kind: 'boolean', sql: sql`(doc.data ->> 'flag')::boolean` },
  tags: { kind: 'texts', sql: sql`(array(select jsonb_array_elements_text(doc.data -> 'tags')))` },
} satisfies Record<string, Field>);

const key = fc.constantFrom('a', 'b', 'k', '0', '1');
const word = fc.constantFrom('', 'a', 'B', 'ab', 'é', 'z.1');
const scalar = fc.oneof(fc.constant(null), fc.boolean(), fc.constantFrom(0, 1, 2, -1.5), word);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

const document = fc.record(
  { a: value, b: value, text: word, number: fc.constantFrom(0, 1, 2.5), flag: fc.boolean() },
  { requiredKeys: [], noNullPrototype: true },
);
const documents = fc.array(
  fc.tuple(document, fc.array(word, { maxLength: 2 })).map(([rest, tags]) => ({ ...rest, tags })),
  { minLength: 1, maxLength: 12 },
);

const path = fc.oneof(
  fc.constantFrom('text', 'number', 'flag', 'tags', 'nothing'),
  fc
    .tuple(fc.constantFrom('a', 'b'), fc.array(key, { maxLength: 2 }))
    .map(([first, rest]) => [first, ...rest].join('.')),
);
const pattern = fc.constantFrom('^a', 'b$', 'A', '.', '^$', '[^a-z]', 'a|é', '(?:a)b?');

/** Operators and what they take; `$not` and `$elemMatch` nest. */
const { operators, query } = fc.letrec<{ operators: Filter; query: Filter }>((tie) => ({
  operators: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(fc.constantFrom('$eq', '$ne'), value).map(([name, operand]) => ({ [name]: operand })),
    fc.tuple(fc.constantFrom('$lt', '$lte', '$gt', '$gte'), scalar).map(([name, operand]) => ({ [name]: operand })),
    fc
      .tuple(fc.constantFrom('$in', '$nin', '$all'), fc.array(value, { maxLength: 3 }))
      .map(([name, list]) => ({ [name]: list })),
    fc.boolean().map((operand) => ({ $exists: operand })),
    fc.nat(3).map((operand) => ({ $size: operand })),
    fc.tuple(pattern, fc.constantFrom('', 'i')).map(([$regex, $options]) => ({ $regex, $options })),
    tie('operators').map((operand) => ({ $not: operand })),
    fc.oneof(tie('operators'), tie('query')).map((operand) => ({ $elemMatch: operand })),
  ) as fc.Arbitrary<Filter>,
  query: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(path, value).map(([name, operand]) => ({ [name]: operand })),
    fc.tuple(path, tie('operators')).map(([name, operand]) => ({ [name]: operand })),
    fc
      .tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('query'), { minLength: 1, maxLength: 3 }))
      .map(([name, list]) => ({ [name]: list })),
  ) as fc.Arbitrary<Filter>,
}));

describe('query documents as SQL', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterAll(() => test.drop());

  async function select(filter: Filter, docs: readonly object[]): Promise<number[]> {
    const rows = await test.database.query<{ place: number }>(sql`
      select place::int from jsonb_array_elements(${JSON.stringify(docs)}::jsonb) with ordinality doc (data, place)
      where ${compileCondition(readFilter(filter), FIELDS)} order by place`);
    return rows.map(({ place }) => place - 1);
  }

  it('find what MongoDB would', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(documents, query, async (docs, filter) => {
        const expected = docs.flatMap((doc, index) => (matches(doc as never, filter as never) ? [index] : []));
        expect(await select(filter, docs)).toEqual(expected);
        found += expected.length;
      }),
      { numRuns: 1500 },
    );
    expect(found).toBeGreaterThan(500);
    expect(operators).toBeDefined();
  });

  it('take several thousand ids', async () => {
    const list = Array.from({ length: 20_000 }, (_, index) => `id-${index}`);
    expect(await select({ text: { $in: list } }, [{ text: 'id-19999' }, { text: 'other' }])).toEqual([0]);
  });
});
