import { type ErrorKind, PulpError } from '../src/core/errors.ts';
import { outageOf } from '../src/core/outage.ts';
import type { Json } from '../src/core/task/types.ts';
import { pyNames, pyStr } from './wire/python.ts';

/** The `error` member of error bodies and of tasks (v2-api.md 1.8). */
export type ErrorDocument = {
  code: string;
  description: string;
  data: { [key: string]: Json };
  sub_errors: ErrorDocument[];
};

type V2ErrorFields = {
  /** Class of the original, for the last line of a task's traceback. */
  type: string;
  status: number;
  code: string;
  description: string;
  data: { [key: string]: Json };
  /** Members that the class adds at the top of the body. */
  extra: { [key: string]: Json };
  subErrors?: readonly V2Error[];
};

/** Every error that a v2 client may be told about, in the words of v2. */
export class V2Error extends PulpError {
  readonly type: string;
  readonly status: number;
  readonly extra: { [key: string]: Json };
  readonly document: ErrorDocument;

  constructor(fields: V2ErrorFields) {
    super(kindOf(fields.status), fields.description, { code: fields.code });
    this.type = fields.type;
    this.status = fields.status;
    this.extra = fields.extra;
    this.document = {
      code: fields.code,
      description: fields.description,
      data: fields.data,
      sub_errors: (fields.subErrors ?? []).map(({ document }) => document),
    };
  }
}

function kindOf(status: number): ErrorKind {
  const kinds: Record<number, ErrorKind> = { 401: 'unauthenticated', 404: 'not_found', 409: 'conflict' };
  return kinds[status] ?? 'validation';
}

/** 404: `{kind: id}`, in the order in which the message names them. */
export function missingResource(resources: { [kind: string]: Json }): V2Error {
  const printed = Object.entries(resources).map(([kind, id]) => `${kind}=${pyStr(id)}`);
  return new V2Error({
    type: 'MissingResource',
    status: 404,
    code: 'PLP0009',
    description: `Missing resource(s): ${printed.join(', ')}`,
    data: { resources },
    extra: { resources },
  });
}

export type NamesOptions = {
  /** The names came out of a query string: printed as `[u'name']`. */
  unicode?: boolean;
  subErrors?: readonly V2Error[];
};

/** 400 PLP0015. */
export function invalidValue(names: readonly string[], options: NamesOptions = {}): V2Error {
  return namesError(names, options, ['InvalidValue', 'PLP0015', 'Invalid properties', 'property_names']);
}

/** 400 PLP0016. */
export function missingValue(names: readonly string[], options: NamesOptions = {}): V2Error {
  return namesError(names, options, ['MissingValue', 'PLP0016', 'Missing values for', 'missing_property_names']);
}

/** 400 PLP0017. */
export function unsupportedValue(names: readonly string[], options: NamesOptions = {}): V2Error {
  const words = ['UnsupportedValue', 'PLP0017', 'Unsupported properties', 'unsupported_property_names'] as const;
  return namesError(names, options, words);
}

type NamesWords = readonly [type: string, code: string, phrase: string, key: string];

function namesError(
  names: readonly string[],
  { unicode = false, subErrors = [] }: NamesOptions,
  [type, code, phrase, key]: NamesWords,
): V2Error {
  const properties = pyNames(names, unicode);
  return new V2Error({
    type,
    status: 400,
    code,
    description: `${phrase}: ${properties}`,
    data: { property_names: [...names], properties },
    extra: { [key]: [...names] },
    subErrors,
  });
}

/** 409 PLP0018. */
export function duplicateResource(id: string): V2Error {
  return new V2Error({
    type: 'DuplicateResource',
    status: 409,
    code: 'PLP0018',
    description: `Duplicate resource: ${id}`,
    data: { resource_id: id },
    extra: { resource_id: id },
  });
}

/** 400 PLP0000 with a free text, mostly what a plugin says about a configuration. */
export function dataError(message: string): V2Error {
  return plainError('PulpDataException', 400, message);
}

/** PLP0000 for what goes wrong while something is done: 500 in answers, an error in tasks. */
export function executionError(message: string): V2Error {
  return plainError('PulpExecutionException', 500, message);
}

function plainError(type: string, status: number, message: string): V2Error {
  return new V2Error({ type, status, code: 'PLP0000', description: message, data: {}, extra: { args: [message] } });
}

/** 400 with a code of its own (v2-api.md 1.9). */
export function codedError(
  code: string,
  description: string,
  data: { [key: string]: Json },
  subErrors: readonly V2Error[] = [],
): V2Error {
  const type = 'PulpCodedValidationException';
  return new V2Error({ type, status: 400, code, description, data, extra: { args: [] }, subErrors });
}

/** 403 with a code of its own. */
export function forbiddenError(code: string, description: string): V2Error {
  const type = 'PulpCodedForbiddenException';
  return new V2Error({ type, status: 403, code, description, data: {}, extra: { args: [] } });
}

/** 401 (v2-api.md 1.3). */
export function authenticationError(
  code: string,
  description: string,
  reason: string,
  data: { [key: string]: Json },
): V2Error {
  const type = 'PulpCodedAuthenticationException';
  return new V2Error({ type, status: 401, code, description, data, extra: { auth_error_code: reason } });
}

export const notJson = () => codedError('PLP1009', 'The request body does not contain valid JSON', {});

export const notAnObject = () => codedError('PLP1015', "The JSON data must be of type 'dict'.", { data_type: 'dict' });

export function wrongType(field: string, fieldType: string, value: Json): V2Error {
  const description = `Provided value ${pyStr(value)} for field ${field} must be of type ${fieldType}.`;
  return codedError('PLP1010', description, { value, field, field_type: fieldType });
}

/** Text that cannot be stored: half a surrogate pair, or a NUL. */
export function unusableText(value: string): V2Error {
  const shown = value.replace(/\0|\p{Surrogate}/gu, '\ufffd');
  return new V2Error({
    type: 'InputEncodingError',
    status: 400,
    code: 'PLP0019',
    description: `Error encoding string: ${shown}`,
    data: { value: shown },
    extra: { value: shown },
  });
}

/** What a v2 client is told about an error of the core; null for what is nobody's business (a 500). */
export function toV2Error(error: unknown): V2Error | null {
  if (error instanceof V2Error) return error;
  const outage = outageOf(error);
  if (outage) return plainError('PulpExecutionException', outage.status, outage.message);
  if (!(error instanceof PulpError)) return null;
  const { kind, message } = error;
  if (kind === 'unauthenticated') {
    return authenticationError('PLP0025', 'Authentication failed.', 'authentication_failed', {});
  }
  if (kind === 'not_found') return missingResource({ resource_id: message });
  if (kind === 'conflict') return duplicateResource(message);
  return dataError(message);
}

/** The body of an error answer. `target` is the request target as it was sent. */
export function errorBody(method: string, target: string, error: V2Error | null): object {
  return {
    http_request_method: method,
    exception: null,
    error_message: error?.message ?? 'Internal server error.',
    _href: target,
    http_status: error?.status ?? 500,
    ...(error && { error: error.document }),
    traceback: null,
    ...error?.extra,
  };
}
