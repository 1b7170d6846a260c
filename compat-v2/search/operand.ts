import type { Json } from '../../src/core/task/types.ts';
import { BadDate, QueryRefused } from './refusal.ts';

/** What a condition compares with: JSON, or the point in time of a `{"$date": …}`. */
export type Operand = { readonly json: Json } | { readonly date: string };

export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}(:\d{2}(:\d{2}([.,]\d+)?)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/;

/** Reads an operand; dates that are none throw `BadDate`, what PostgreSQL cannot store is refused. */
export function readOperand(value: Json): Operand {
  if (isObject(value) && Object.keys(value).join() === '$date') return { date: readDate(value.$date) };
  assertStorable(value);
  return { json: value };
}

function readDate(value: Json | undefined): string {
  if (typeof value !== 'string' || !DATE.test(value)) throw new BadDate('This is no ISO 8601 date.');
  // Times without a zone are UTC in Pulp 2; a date alone is its midnight.
  const normal = value
    .replace(' ', 'T')
    .replace(',', '.')
    .replace(/T(\d{2})(?=$|Z|[+-])/, 'T$1:00');
  const zoned = /T.*(Z|[+-]\d{2}(:?\d{2})?)$/.test(normal) || !normal.includes('T') ? normal : `${normal}Z`;
  const parsed = new Date(zoned.replace(/([+-]\d{2})(\d{2})$/, '$1:$2').replace(/([+-]\d{2})$/, timeZoneOnly));
  const year = parsed.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new BadDate('This is no ISO 8601 date.');
  return parsed.toISOString();
}

/** "+02" after a time gets its minutes; the last two digits of a date are left alone. */
function timeZoneOnly(match: string, _zone: string, offset: number): string {
  return offset > 10 ? `${match}:00` : match;
}

// Neither a NUL nor half a surrogate pair can be in a jsonb or text of PostgreSQL, so no document has them.
const UNSTORABLE = /\0|\p{Surrogate}/u;

const MAX_DEPTH = 200;

/** Refuses texts and numbers that no stored document can hold, at any depth, and literals that are nested too deep. */
export function assertStorable(value: Json, depth = 0): void {
  if (depth > MAX_DEPTH) throw new QueryRefused('a value is nested too deep');
  if (typeof value === 'string' && UNSTORABLE.test(value)) throw new QueryRefused('a text has forbidden characters');
  if (typeof value === 'number' && !Number.isFinite(value)) throw new QueryRefused('a number is out of range');
  if (typeof value !== 'object' || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    assertStorable(key, depth);
    assertStorable(entry, depth + 1);
  }
}
