import type { Json } from '../../src/core/task/types.ts';
import { dataError, invalidValue, missingValue, type V2Error } from '../errors.ts';
import { lastParameter } from '../operation.ts';
import type { Condition } from './condition.ts';
import { isObject, type JsonObject } from './operand.ts';
import { readFilter } from './read-filter.ts';
import { BadDate, QueryRefused } from './refusal.ts';

export interface SortEntry {
  field: string;
  descending: boolean;
}

/** A search as every collection takes it (v2-api.md 3.1). */
export interface Criteria {
  filter: Condition;
  sort: readonly SortEntry[];
  limit: number | null;
  skip: number;
  /** Null: all. */
  fields: readonly string[] | null;
}

export const EVERYTHING: Condition = { kind: 'and', of: [] };

/** The `criteria` member of a search body. 400: missing, no object, or a bad member. */
export function criteriaOf(body: JsonObject): JsonObject {
  const { criteria } = body;
  if (criteria === undefined || criteria === null) throw missingValue(['criteria']);
  if (!isObject(criteria)) throw invalidValue(['criteria']);
  return criteria;
}

/** Checks a criteria object; 400 for bad members, unknown ones, and queries that are refused. */
export function readCriteria(criteria: JsonObject): Criteria {
  const { filters, sort, limit, skip, fields, ...unknown } = criteria;
  const filter = readConditions('filters', filters);
  const read: Criteria = {
    filter,
    sort: readSort(sort),
    limit: readCount('limit', limit, 1),
    skip: readCount('skip', skip, 0) ?? 0,
    fields: readFields(fields),
  };
  const names = Object.keys(unknown);
  if (names.length > 0) throw invalidValue(names);
  return read;
}

/** The same from a query string; `options` are parameters that the collection takes beside the criteria. */
export function readQueryCriteria(query: URLSearchParams, options: readonly string[]): Criteria {
  const criteria: { [key: string]: Json } = {};
  const unknown: string[] = [];
  for (const name of new Set(query.keys())) {
    const value = lastParameter(query, name) ?? '';
    if (name === 'filters' || name === 'sort') criteria[name] = parseParameter(name, value);
    else if (name === 'field') criteria.fields = query.getAll('field');
    else if (name === 'limit' || name === 'skip' || name === 'fields') criteria[name] = value;
    else if (!options.includes(name)) unknown.push(name);
  }
  const read = readCriteria(criteria);
  if (unknown.length > 0) throw invalidValue(unknown, { unicode: true });
  return read;
}

/** JSON in a query parameter. */
export function parseParameter(name: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw invalidValue([name], { unicode: true });
  }
}

/** A query document. `name` is blamed when it is none. */
export function readConditions(name: string, filters: Json | undefined): Condition {
  if (filters === undefined || filters === null) return EVERYTHING;
  if (!isObject(filters)) throw invalidValue([name]);
  try {
    return readFilter(filters);
  } catch (error) {
    throw error instanceof BadDate ? invalidValue([name]) : refusal(error);
  }
}

/** What a refused query answers with (v2-api.md 3.1); other errors stay what they are. */
export function refusal(error: unknown): unknown {
  return error instanceof QueryRefused ? refusedCriteria(error.message) : error;
}

export function refusedCriteria(reason: string): V2Error {
  return invalidValue(['criteria'], { subErrors: [dataError(reason)] });
}

const DIRECTIONS: ReadonlyMap<string, boolean> = new Map([
  ['ascending', false],
  ['1', false],
  ['descending', true],
  ['-1', true],
]);

export function readSort(sort: Json | undefined): SortEntry[] {
  if (sort === undefined || sort === null) return [];
  if (!Array.isArray(sort) || sort.length > 50) throw invalidValue(['sort']);
  return sort.map((entry) => {
    const [field, direction] = Array.isArray(entry) ? entry : [];
    const isWord = typeof direction === 'string' || typeof direction === 'number';
    const descending = isWord ? DIRECTIONS.get(String(direction).toLowerCase()) : undefined;
    if (typeof field !== 'string' || descending === undefined) throw invalidValue(['sort']);
    return { field, descending };
  });
}

/** Integers, also as text; fractions are cut off (corrections.md 3.1). */
export function readCount(name: string, value: Json | undefined, least: number): number | null {
  if (value === undefined || value === null) return null;
  const isText = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value);
  const count = typeof value === 'number' || isText ? Math.trunc(Number(value)) : Number.NaN;
  if (!(count >= least)) throw invalidValue([name]);
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}

export function readFields(fields: Json | undefined): string[] | null {
  if (fields === undefined || fields === null) return null;
  if (!Array.isArray(fields)) throw invalidValue(['fields']);
  return fields.map((field) => {
    if (typeof field !== 'string') throw invalidValue(['fields']);
    return field;
  });
}
