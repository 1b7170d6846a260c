import type { Member } from '../declare/types.ts';

/**
 * What a form says of a member, as Pulp 3 reads it: of repeated values the last counts, except in lists; an empty text
 * is null where that is allowed, and nothing at all (undefined) where the member may be left out.
 */
export function formValue(member: Member, sent: unknown): unknown {
  if (member.ignoreInForms) return undefined;
  const value = Array.isArray(sent) && member.type !== 'array' ? sent.at(-1) : sent;
  if (value !== '' || member.blank) return value;
  if (member.nullable) return null;
  return member.required ? value : undefined;
}

/** In forms, objects and lists are JSON text. */
export function formJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A list in a form: JSON text, or the name once for each entry. */
export function formList(value: unknown): unknown {
  const parsed = formJson(value);
  return Array.isArray(parsed) ? parsed : [value];
}
