import type { Member } from '../declare/types.ts';
import { parseBoolean } from '../filter/values.ts';

/**
 * A value in the type that its member wants, where Pulp 3 is lenient: numbers and booleans as text, texts with blanks
 * around. What cannot be converted stays as it is, for the schema to refuse.
 */
export function coerce(member: Member, value: unknown, form: boolean): unknown {
  if (value === null || value === undefined) return value;
  if (form && typeof value === 'string' && value === '' && member.nullable && member.type !== 'string') return null;
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
      return coerceArray(member, fromForm(value, form), form);
    case 'object':
    case 'any':
      return fromForm(value, form);
    default:
      return value;
  }
}

function coerceText(member: Member, value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return value;
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

/** In forms, objects and lists are JSON text. */
function fromForm(value: unknown, form: boolean): unknown {
  if (!form || typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
