/** Texts by field name; a bare list where Pulp 3 answers with one (v3-api.md 1.10, corrections.md 1.10). */
export type FieldErrors = { [field: string]: string[] | string | FieldErrors };

export type ErrorKind =
  | 'validation'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'unsupported_media_type'
  | 'too_large'
  | 'task';

/** Every error that a client may be told about. The faces render it in their own form; anything else is a 500. */
export class PulpError extends Error {
  override readonly name = 'PulpError';
  readonly kind: ErrorKind;
  /** PLP code of Pulp 3 (v3-api.md 3.9), for errors that end tasks. */
  readonly code: string | null;
  /** What to answer in v3: errors by field, or a list. Null: the message alone. */
  readonly errors: FieldErrors | string[] | null;

  constructor(
    kind: ErrorKind,
    message: string,
    options: { code?: string; errors?: FieldErrors | string[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.code = options.code ?? null;
    this.errors = options.errors ?? null;
  }
}

/** 400, texts by field. */
export function invalidFields(errors: FieldErrors): PulpError {
  return new PulpError('validation', JSON.stringify(errors), { errors });
}

/** 400 for one field. */
export function invalidField(field: string, text: string): PulpError {
  return invalidFields({ [field]: [text] });
}

/** 400 for what concerns several fields. */
export function invalidTogether(text: string): PulpError {
  return invalidFields({ non_field_errors: [text] });
}

/** 400 whose body is a bare list of texts. */
export function invalidList(...texts: string[]): PulpError {
  return new PulpError('validation', texts.join(' '), { errors: texts });
}

/** 404. `model` is the name Pulp 3 says: "No FileRemote matches the given query." */
export function notFound(model: string): PulpError {
  return new PulpError('not_found', `No ${model} matches the given query.`);
}

export function conflict(message: string): PulpError {
  return new PulpError('conflict', message);
}

/** An error that ends a task, shown as "[PLPnnnn] text" (v3-api.md 3.9). */
export function taskError(code: string, text: string, cause?: unknown): PulpError {
  return new PulpError('task', `[${code}] ${text}`, { code, cause });
}

export const digestMismatch = (url: string, expected: string, actual: string, cause?: unknown) =>
  taskError(
    'PLP0003',
    `A file located at the url ${url} failed validation due to checksum. Expected '${expected}', Actual '${actual}'`,
    cause,
  );

export const sizeMismatch = (url: string, expected: number, actual: number, cause?: unknown) =>
  taskError(
    'PLP0004',
    `A file located at the url ${url} failed validation due to size. Expected '${expected}', Actual '${actual}'`,
    cause,
  );

export const lastVersion = () =>
  taskError('PLP0011', 'Cannot delete repository version. Repositories must have at least one repository version.');

export const duplicateContent = (count: number, type: string, keys: readonly string[]) =>
  taskError(
    'PLP0022',
    `Found ${count} duplicate contents in repository version (see log for details). Content of type ${type} must be unique by ${keys.join(', ')}.`,
  );

export const contentOverwrite = (type: string, count: number, pairs: readonly string[]) =>
  taskError(
    'PLP0023',
    `Content overwrite rejected: new content of type '${type}' would overwrite ${count} existing content unit(s) in the repository with the same unique key. Conflicting content (incoming->existing): [${pairs.join(', ')}]`,
  );
