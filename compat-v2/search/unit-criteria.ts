import type { Json } from '../../src/core/task/types.ts';
import { invalidValue } from '../errors.ts';
import { lastParameter } from '../operation.ts';
import type { Condition } from './condition.ts';
import {
  EVERYTHING,
  parseParameter,
  readConditions,
  readCount,
  readFields,
  readSort,
  type SortEntry,
} from './criteria.ts';
import { isObject, type JsonObject } from './operand.ts';

/** A search for units of one repository: everything on two levels (v2-api.md 3.3). */
export interface UnitCriteria {
  /** Null: all types. */
  typeIds: readonly string[] | null;
  filter: { unit: Condition; association: Condition };
  sort: { unit: readonly SortEntry[]; association: readonly SortEntry[] };
  limit: number | null;
  skip: number;
  fields: { unit: readonly string[] | null; association: readonly string[] | null };
}

export const ALL_UNITS: UnitCriteria = readUnitCriteria({});

/** Checks unit association criteria; 400 for what is wrong, named as the original does. */
export function readUnitCriteria(criteria: JsonObject): UnitCriteria {
  const { type_ids, filters, sort, limit, skip, fields, remove_duplicates: _ignored, ...unknown } = criteria;
  const typeIds = readTypeIds(type_ids);
  const filterLevels = levels('filters', filters);
  const filter = {
    association: condition(filterLevels.association),
    unit: condition(filterLevels.unit),
  };
  const sortLevels = levels('sort', sort);
  const order = { association: readSort(sortLevels.association), unit: readSort(sortLevels.unit) };
  const counts = { limit: readCount('limit', limit, 1), skip: readCount('skip', skip, 0) ?? 0 };
  const fieldLevels = levels('fields', fields);
  const shown = { association: readFields(fieldLevels.association), unit: readFields(fieldLevels.unit) };
  for (const names of [Object.keys(unknown), filterLevels.others, sortLevels.others, fieldLevels.others]) {
    if (names.length > 0) throw invalidValue(names);
  }
  return { typeIds, filter, sort: order, ...counts, fields: shown };
}

const PARAMETERS = ['type_ids', 'filters', 'sort', 'limit', 'skip'] as const;

/** The same from a query string. `field` fails in the original too. */
export function readUnitQuery(query: URLSearchParams): UnitCriteria {
  const criteria: { [key: string]: Json } = {};
  for (const name of PARAMETERS) {
    const value = lastParameter(query, name);
    if (value !== null) criteria[name] = name === 'filters' || name === 'sort' ? parseParameter(name, value) : value;
  }
  const unknown = [...new Set(query.keys())].filter((name) => !PARAMETERS.some((known) => known === name));
  if (unknown.length > 0) throw invalidValue(unknown, { unicode: true });
  return readUnitCriteria(criteria);
}

function readTypeIds(value: Json | undefined): string[] | null {
  if (value === undefined || value === null) return null;
  const list = Array.isArray(value) ? value : [value];
  const names = list.map((entry) => {
    if (typeof entry !== 'string') throw invalidValue(['type_ids']);
    return entry;
  });
  return names.length === 0 ? null : names;
}

interface Levels {
  unit: Json | undefined;
  association: Json | undefined;
  others: string[];
}

function levels(name: string, value: Json | undefined): Levels {
  if (value === undefined || value === null) return { unit: undefined, association: undefined, others: [] };
  if (!isObject(value)) throw invalidValue([name]);
  const { unit, association, ...others } = value;
  return { unit, association, others: Object.keys(others) };
}

function condition(filters: Json | undefined): Condition {
  return filters === undefined ? EVERYTHING : readConditions('filters', filters);
}
