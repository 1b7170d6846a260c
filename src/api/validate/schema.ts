import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FieldErrors } from '../../core/errors.ts';
import type { Body, Member, Members } from '../declare/types.ts';
import { bodySchema } from '../openapi/schemas.ts';

/** Checks a body against its schema and says what is wrong as Pulp 3 does. */
export interface BodyValidator {
  body: Body;
  /** Members that may be written. */
  writable: Members;
  check(input: Record<string, unknown>): FieldErrors;
}

/** The validator of one body, compiled when it is first needed; the schema is the one in the OpenAPI document. */
export function createBodyValidator(body: Body): BodyValidator {
  let validate: ValidateFunction | null = null;
  const writable = Object.fromEntries(Object.entries(body.members).filter(([, member]) => member.access !== 'read'));
  function check(input: Record<string, unknown>): FieldErrors {
    validate ??= compileBody(body);
    return fieldErrors(validate, writable, input);
  }
  return { body, writable, check };
}

function compileBody(body: Body): ValidateFunction {
  // Files are no JSON: the form reader has put `true` in their place. The schema is our own and needs no checking: that
  // and compiling all of them took most of the time of a start.
  const ajv = new Ajv2020({
    allErrors: true,
    allowUnionTypes: true,
    verbose: true,
    strict: false,
    validateFormats: false,
    meta: false,
    validateSchema: false,
  });
  return ajv.compile(bodySchema(body, { refs: false }));
}

function fieldErrors(validate: ValidateFunction, members: Members, input: Record<string, unknown>): FieldErrors {
  if (validate(input)) return {};
  const errors: FieldErrors = {};
  for (const error of validate.errors ?? []) {
    const [field = '', ...inner] = pathOf(error);
    if (errors[field] !== undefined) continue;
    const text = errorText(error, memberAt(members[field], inner));
    errors[field] = inner.length === 0 || error.keyword === 'enum' ? [text] : { [inner[0] ?? '']: [text] };
  }
  return errors;
}

function pathOf(error: ErrorObject): string[] {
  const path = error.instancePath.split('/').slice(1);
  return error.keyword === 'required' ? [...path, String(error.params.missingProperty)] : path;
}

function memberAt(member: Member | undefined, path: readonly string[]): Member | undefined {
  return path.length === 0 ? member : memberAt(member?.items ?? member?.values, path.slice(1));
}

const TYPE_TEXTS: Partial<Record<Member['type'], string>> = {
  string: 'Not a valid string.',
  integer: 'A valid integer is required.',
  number: 'A valid number is required.',
  boolean: 'Must be a valid boolean.',
};

function errorText(error: ErrorObject, member: Member | undefined): string {
  const limit =
    member?.type === 'number' && Number.isInteger(error.params.limit) ? `${error.params.limit}.0` : error.params.limit;
  switch (error.keyword) {
    case 'required':
      return member?.type === 'file' ? 'No file was submitted.' : 'This field is required.';
    case 'minLength':
      return 'This field may not be blank.';
    case 'minimum':
      return `Ensure this value is greater than or equal to ${limit}.`;
    case 'maximum':
      return `Ensure this value is less than or equal to ${limit}.`;
    case 'maxLength':
      return `Ensure this field has no more than ${limit} characters.`;
    case 'enum':
      return error.data === null ? 'This field may not be null.' : `"${error.data}" is not a valid choice.`;
    case 'type':
      return typeText(error.data, member);
    default:
      return `Invalid value: ${error.message}.`;
  }
}

function typeText(data: unknown, member: Member | undefined): string {
  if (data === null) return 'This field may not be null.';
  if (member?.type === 'array') return `Expected a list of items but got type "${pythonType(data)}".`;
  if (member?.type === 'object') return `Expected a dictionary of items but got type "${pythonType(data)}".`;
  if (member?.type === 'file') return 'The submitted data was not a file. Check the encoding type on the form.';
  return TYPE_TEXTS[member?.type ?? 'string'] ?? 'Invalid value.';
}

/** As Python calls it. */
export function pythonType(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  if (value === null) return 'NoneType';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return { string: 'str', boolean: 'bool', object: 'dict' }[typeof value as 'string'] ?? 'object';
}
