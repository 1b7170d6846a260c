import { describe, expect, it } from 'vitest';
import { V2Error } from '../../../compat-v2/errors.ts';
import { readCriteria, readQueryCriteria } from '../../../compat-v2/search/criteria.ts';
import type { JsonObject } from '../../../compat-v2/search/operand.ts';
import { readUnitCriteria } from '../../../compat-v2/search/unit-criteria.ts';
import type { Json } from '../../../src/core/task/types.ts';

/** The names that the error blames, and the reason beside them. */
function blamed(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof V2Error)) throw error;
    const [sub] = error.document.sub_errors;
    return `${error.status} ${error.extra.property_names}${sub ? `: ${sub.description}` : ''}`;
  }
  return 'accepted';
}

const boxed = (depth: number): Json => (depth === 0 ? 1 : [boxed(depth - 1)]);
const nested = (depth: number): JsonObject => (depth === 0 ? { id: 1 } : { $and: [nested(depth - 1)] });

describe('criteria', () => {
  it('gives defaults', () => {
    expect(readCriteria({})).toEqual({ filter: { kind: 'and', of: [] }, sort: [], limit: null, skip: 0, fields: null });
  });

  it('cuts fractions and reads digits', () => {
    expect(readCriteria({ limit: 1.5, skip: ' 7 ' })).toMatchObject({ limit: 1, skip: 7 });
  });

  it.each<[string, JsonObject]>([
    ['400 filters', { filters: [] }],
    ['400 filters', { filters: 'x', limit: 'x', colour: 1 }],
    ['400 filters', { filters: { last_publish: { $lt: { $date: 'yesterday' } } } }],
    ['400 sort', { sort: 'id' }],
    ['400 sort', { sort: [['id']] }],
    ['400 sort', { sort: [[1, 1]] }],
    ['400 sort', { sort: [['id', 'up']] }],
    ['400 limit', { limit: 0 }],
    ['400 limit', { limit: true }],
    ['400 limit', { limit: 0.5 }],
    ['400 skip', { skip: -1 }],
    ['400 skip', { skip: {} }],
    ['400 fields', { fields: [1] }],
    ['400 colour,size', { colour: 1, size: 2 }],
    ['400 criteria: unknown operator: $foo', { filters: { id: { $foo: 1 } } }],
    ['400 criteria: unknown top level operator: $where', { filters: { $where: 'sleep(1000)' } }],
    ['400 criteria: unknown operator: $where', { filters: { id: { $where: '1' } } }],
    ['400 criteria: $or must be a nonempty array', { filters: { $or: [] } }],
    ['400 criteria: $in needs an array', { filters: { id: { $in: 'a' } } }],
    ['400 criteria: cannot nest $ under $in', { filters: { id: { $in: [{ $gt: 1 }] } } }],
    ['400 criteria: $not needs a regex or a document', { filters: { id: { $not: 1 } } }],
    ['400 criteria: $regex has to be a string', { filters: { id: { $regex: 1 } } }],
    ['400 criteria: $options needs a $regex', { filters: { id: { $options: 'i' } } }],
    ['400 criteria: $gt compares texts, numbers, booleans and dates', { filters: { id: { $gt: {} } } }],
    ['400 criteria: a text has forbidden characters', { filters: { id: 'a\0' } }],
    ['400 criteria: the query is nested too deep', { filters: nested(500) }],
    ['400 criteria: a value is nested too deep', { filters: { id: boxed(1000) } }],
    ['400 criteria: the query has too many conditions', { filters: { $or: Array(5000).fill({ id: 1 }) } }],
    ['400 criteria: the query has too many values', { filters: { id: { $in: Array(60_000).fill(1) } } }],
  ])('%s', (expected, criteria) => {
    expect(blamed(() => readCriteria(criteria))).toBe(expected);
  });

  it.each([
    ['400 colour', '?colour=1'],
    ['400 filters', '?filters=x'],
    ['400 sort', '?sort=x'],
    ['400 limit', '?limit=x'],
    ['400 fields', '?fields=id'],
    ['accepted', '?field=id&field=notes&limit=3&filters={"id":"a"}&details=true'],
  ])('%s in %s', (expected, query) => {
    expect(blamed(() => readQueryCriteria(new URLSearchParams(query), ['details']))).toBe(expected);
  });

  it('prints names of a query string as Python did', () => {
    expect(() => readQueryCriteria(new URLSearchParams('?colour=1'), [])).toThrow("Invalid properties: [u'colour']");
  });
});

describe('unit criteria', () => {
  it('takes one type as text', () => {
    expect(readUnitCriteria({ type_ids: 'iso' }).typeIds).toEqual(['iso']);
  });

  it.each<[string, JsonObject]>([
    ['400 name', { filters: { name: 'x' } }],
    ['400 filters', { filters: [] }],
    ['400 sort', { sort: [['name', 1]] }],
    ['400 fields', { fields: ['name'] }],
    ['400 unit_filters', { unit_filters: {} }],
    ['400 filters', { filters: { unit: 'x' } }],
    ['400 type_ids', { type_ids: [1] }],
    ['400 limit', { limit: 0 }],
    ['400 criteria: unknown operator: $foo', { filters: { unit: { name: { $foo: 1 } } } }],
  ])('%s', (expected, criteria) => {
    expect(blamed(() => readUnitCriteria(criteria))).toBe(expected);
  });
});
