import { type FieldErrors, invalidField, invalidFields, invalidTogether, PulpError } from '../../core/errors.ts';
import type { Json } from '../../core/task/types.ts';
import type { Api } from '../api.ts';
import type { Call, JsonObject } from '../call.ts';
import type { Member } from '../declare/types.ts';
import type { Row } from '../present/types.ts';
import { type Found, resolveReference } from '../references.ts';
import { CHECKS } from './checks.ts';
import { coerce } from './coerce.ts';
import { formValue } from './form-value.ts';
import { pythonType } from './schema.ts';

/** A body that is as it should be. */
export interface Cleaned {
  /** Given or defaulted values by member; references are ids. */
  values: JsonObject;
  /** What the references among them refer to. */
  found: Record<string, Found>;
}

export interface CheckContext {
  api: Api;
  field: string;
  call: Call;
  /** The row that is updated. */
  current: Row | null;
  found: Found | null;
}

/** Reads, checks and completes the body of a call. 400 with everything that is wrong with single members at once. */
export async function cleanBody(call: Call, current: Row | null): Promise<Cleaned> {
  const validator = call.api.validatorOf(call.operation);
  const { body, writable } = validator;
  const input = objectOf(call.input.data, call.input.form);
  const given: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(writable)) {
    const value = givenValue(call, name, member, input, body.partial, current !== null);
    if (value !== undefined) given[name] = value;
  }
  const errors: FieldErrors = validator.check(given);
  const cleaned: Cleaned = { values: {}, found: {} };
  for (const [name, value] of Object.entries(given)) {
    if (errors[name] !== undefined) continue;
    const member = writable[name];
    if (member)
      await cleanMember({ api: call.api, call, field: name, current, found: null }, member, value, cleaned, errors);
  }
  if (Object.keys(errors).length > 0) throw invalidFields(errors);
  if (body.strict) refuseUnknown(input, call, body.members);
  return cleaned;
}

function objectOf(data: unknown, form: boolean): Record<string, unknown> {
  if (data === undefined) return {};
  if (data === null) throw invalidTogether('No data provided');
  if (typeof data !== 'object' || Array.isArray(data)) {
    throw invalidTogether(`Invalid data. Expected a dictionary, but got ${pythonType(data)}.`);
  }
  return form ? (data as Record<string, unknown>) : { ...data };
}

/** What the client sent, else the default that applies (corrections.md 2.1). Undefined: not part of this request. */
function givenValue(
  call: Call,
  name: string,
  member: Member,
  input: Record<string, unknown>,
  partial: boolean,
  update: boolean,
): unknown {
  const { form, files } = call.input;
  if (member.type === 'file') return files.has(name) ? true : input[name];
  const sent = form ? formValue(member, input[name]) : input[name];
  if (sent !== undefined) return coerce(member, sent, form);
  if (partial) return undefined;
  if (form && member.formInitial !== undefined) return member.formInitial;
  if (member.default !== undefined) return member.default;
  return update ? undefined : member.initial;
}

async function cleanMember(
  context: CheckContext,
  member: Member,
  value: unknown,
  cleaned: Cleaned,
  errors: FieldErrors,
): Promise<void> {
  const { field } = context;
  try {
    checkTexts(field, value);
    let clean = value as Json;
    if (member.reference !== undefined && typeof value === 'string') {
      context.found = await resolveReference(context.api, field, member.reference, value);
      cleaned.found[field] = context.found;
      clean = context.found.id;
    }
    const check = member.check === undefined ? null : CHECKS[member.check];
    if (check === undefined) throw new Error(`There is no check called ${member.check}.`);
    cleaned.values[field] = check && clean !== null ? await check(clean, context) : clean;
  } catch (error) {
    if (!(error instanceof PulpError) || error.errors === null || Array.isArray(error.errors)) throw error;
    Object.assign(errors, error.errors);
  }
}

/** What PostgreSQL cannot store, wherever it is in a value; no body is deep (`DEEPEST_JSON`). */
function checkTexts(field: string, value: unknown): void {
  if (typeof value === 'string') checkText(field, value);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    checkText(field, key);
    checkTexts(field, entry);
  }
}

function checkText(field: string, text: string): void {
  if (text.includes('\0')) throw invalidField(field, 'Null characters are not allowed.');
  const [surrogate] = /\p{Surrogate}/u.exec(text) ?? [];
  if (surrogate === undefined) return;
  const code = surrogate.charCodeAt(0).toString(16).toUpperCase();
  throw invalidField(field, `Surrogate characters are not allowed: U+${code}.`);
}

function refuseUnknown(input: Record<string, unknown>, call: Call, members: Record<string, Member>): void {
  const names = [...Object.keys(input), ...call.input.files.keys()];
  const unknown = names.filter((name) => !Object.hasOwn(members, name) && name !== 'csrfmiddlewaretoken');
  if (unknown.length > 0) {
    throw invalidFields(Object.fromEntries(unknown.map((name) => [name, ['Unexpected field']])));
  }
}
