import type { Member } from '../declare/types.ts';
import { parseBoolean } from '../filter/values.ts';
import { formJson, formList } from './form-value.ts';

/**
 * A value in the type that its member wants, where Pulp 3 is lenient: numbers and booleans as text, texts with blanks
 * around. What cannot be converted stays as it is, for the schema to refuse.
 */
export function coerce(member: Member, value: unknown, form: boolean): unknown {
  if (value === null || value === undefined) return value;
  switch (member.type) {
    case 'string':
      return coerceText(member, value);
    case 'integer':
      return coerceNumber(value, Number.isSafeInteger);
    case 'number':
      return coerceNumber(value, Number.isFinite);
    case 'boolean':
      return coerceBoolean(value);
    case 'array':
      return coerceArray(member, form ? formList(value) : value, form);
    case 'object':
    case 'any':
      return coerceObject(member, form ? formJson(value) : value);
    default:
      return value;
  }
}

function coerceText(member: Member, value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return value;
  // An empty reference is none, in JSON too.
  if (value === '' && member.reference !== undefined) return null;
  return member.trim === false ? value : value.trim();
}

function coerceNumber(value: unknown, fits: (number: number) => boolean): unknown {
  if (typeof value !== 'string' || value.trim() === '' || !/^\s*[+-]?[\d.]+(e[+-]?\d+)?\s*$/i.test(value)) return value;
  return fits(Number(value)) ? Number(value) : value;
}

function coerceBoolean(value: unknown): unknown {
  if (value === 0 || value === 1) return value === 1;
  return typeof value === 'string' ? (parseBoolean(value) ?? value) : value;
}

function coerceArray(member: Member, value: unknown, form: boolean): unknown {
  const { items } = member;
  return Array.isArray(value) && items ? value.map((entry) => coerce(items, entry, form)) : value;
}

function coerceObject({ values }: Member, value: unknown): unknown {
  if (!values || typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, coerce(values, entry, false)]));
}
