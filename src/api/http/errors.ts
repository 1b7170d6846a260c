import { type ErrorKind, PulpError } from '../../core/errors.ts';
import { outageOf } from '../../core/outage.ts';
import type { Json } from '../../core/task/types.ts';
import type { Answer } from '../call.ts';
import { HttpError } from './http-error.ts';
import { SERVER_ERROR_PAGE } from './respond.ts';

const STATUS: Record<ErrorKind, number> = {
  validation: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unsupported_media_type: 415,
  too_large: 413,
  task: 400,
};

/** PostgreSQL's complaints about what a client sent: a bad pattern, a number or text out of range, or too long for an index. */
const CLIENT_FAULTS = new Set(['2201B', '22003', '22007', '22008', '22021', '22P02', '22P05', '54000']);

const RETRY_AFTER = '10';

/** The answer to an error; `unexpected` is told of those that are our own fault. */
export function errorAnswer(error: unknown, unexpected: (error: unknown) => void): Answer {
  if (error instanceof HttpError) return { status: error.status, body: error.body, headers: error.headers };
  if (error instanceof PulpError) {
    return { status: STATUS[error.kind], body: (error.errors as Json | null) ?? { detail: error.message } };
  }
  if (CLIENT_FAULTS.has((error as { code?: string }).code ?? '')) {
    return { status: 400, body: { detail: 'The request has a value that cannot be used.' } };
  }
  unexpected(error);
  const outage = outageOf(error);
  if (outage)
    return { status: outage.status, body: { detail: outage.message }, headers: { 'Retry-After': RETRY_AFTER } };
  return { status: 500, text: { type: 'text/html; charset=utf-8', content: SERVER_ERROR_PAGE } };
}
