import { invalidField } from '../../core/errors.ts';
import type { FilterParameter } from './expand.ts';

const DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+ -]\d\d:?\d\d)?)?$/;
const TRUE = ['true', 'True', '1', 't', 'yes', 'on'];
const FALSE = ['false', 'False', '0', 'f', 'no', 'off'];

/** The values of a filter as parameters of SQL: one, or those of a comma list. 400 for what cannot be. */
export function filterValues(parameter: FilterParameter, raw: string): unknown[] {
  const texts = parameter.list ? raw.split(',').map((text) => text.trim()) : [raw];
  if (parameter.operator === 'range' && texts.length !== 2) {
    throw invalidField(parameter.name, 'Range query expects two values.');
  }
  return texts.map((text) => filterValue(parameter, text));
}

function filterValue({ name, value }: FilterParameter, text: string): unknown {
  if (value === 'text') return text.includes('\0') ? fail(name, 'Null characters are not allowed.') : text;
  if (value === 'date') return parseDate(text) ?? fail(name, 'Enter a valid date/time.');
  if (value === 'boolean') return parseBoolean(text) ?? fail(name, 'Enter a valid boolean value.');
  if (value === 'uuid') return /^[0-9a-f-]{36}$/.test(text) ? text : fail(name, `“${text}” is not a valid UUID.`);
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number) || (value === 'integer' && !Number.isSafeInteger(number))) {
    return fail(name, 'Enter a number.');
  }
  return number;
}

function fail(name: string, text: string): never {
  throw invalidField(name, text);
}

export function parseBoolean(text: string): boolean | null {
  if (TRUE.includes(text)) return true;
  return FALSE.includes(text) ? false : null;
}

/** A date or time as text that PostgreSQL reads, or null. Without a zone it is UTC. */
export function parseDate(text: string): string | null {
  if (!DATE.test(text)) return null;
  // A plus sign that was not encoded arrives as a blank.
  const fixed = text.replace(/ (\d\d:?\d\d)$/, (zone, digits: string) => (text.length > 20 ? `+${digits}` : zone));
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(fixed.slice(10)) || fixed.length === 10 ? fixed : `${fixed}Z`;
  return Number.isNaN(Date.parse(zoned.replace(' ', 'T'))) ? null : zoned;
}
