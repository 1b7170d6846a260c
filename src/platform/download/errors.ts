import { STATUS_CODES } from 'node:http';
import { DigestMismatchError, type SizeMismatchError } from '../storage/errors.ts';

export type DownloadErrorKind =
  | 'status'
  | 'connect'
  | 'timeout'
  | 'tls'
  | 'scheme'
  | 'forbidden-path'
  | 'dns'
  | 'proxy-auth'
  | 'interrupted'
  | 'redirects'
  | 'digest'
  | 'size';

/** Why a download failed, in the words of corrections.md 3.9. Its texts hold no credentials. */
export class DownloadError extends Error {
  readonly kind: DownloadErrorKind;
  /** Without user information. */
  readonly url: string;
  /** Of the answer, where there was one. */
  readonly status: number | null;
  /** Seconds that the server asked to wait before the next try. */
  readonly retryAfter: number | null;

  constructor(
    kind: DownloadErrorKind,
    url: string,
    message: string,
    details: { status?: number; retryAfter?: number | null; cause?: unknown },
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.url = url;
    this.status = details.status ?? null;
    this.retryAfter = details.retryAfter ?? null;
  }
}

const FINAL: ReadonlySet<DownloadErrorKind> = new Set(['scheme', 'forbidden-path', 'proxy-auth', 'redirects']);
const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']);
const CONNECTS = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN', 'ENETDOWN']);
const TLS = /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/;

/** Whether another try may help (v3-api.md 5.6): everything but most answers below 500 and what is forbidden here. */
export function isRetryable(error: unknown): error is DownloadError {
  if (!(error instanceof DownloadError) || FINAL.has(error.kind)) return false;
  return error.kind !== 'status' || error.status === 429 || (error.status ?? 0) >= 500;
}

/** Whether it says something about this one file alone: the server does not have it, or other bytes of it. */
export function isAboutOneFile(error: unknown): error is DownloadError {
  if (!(error instanceof DownloadError)) return false;
  const { kind, status } = error;
  return kind === 'digest' || kind === 'size' || (kind === 'status' && [403, 404, 410].includes(status ?? 0));
}

/** The URL as it may be shown. */
export function publicUrl(url: URL): string {
  if (!url.username && !url.password) return url.href;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

export function statusError(url: string, status: number, retryAfter: string | undefined): DownloadError {
  const message = `${status}, message='${STATUS_CODES[status] ?? ''}', url='${url}'`;
  const seconds = Number(retryAfter ?? '');
  return new DownloadError(status === 407 ? 'proxy-auth' : 'status', url, message, {
    status,
    retryAfter: Number.isFinite(seconds) && seconds > 0 ? seconds : null,
  });
}

export function timeoutError(url: string, cause: unknown): DownloadError {
  return new DownloadError('timeout', url, `Request timed out for ${url}.`, { cause });
}

/** Bytes that are not as expected; `cause` has the figures. */
export function integrityError(url: string, cause: DigestMismatchError | SizeMismatchError): DownloadError {
  const kind = cause instanceof DigestMismatchError ? 'digest' : 'size';
  const what = kind === 'digest' ? 'checksum' : 'size';
  const { expected, actual } = cause;
  const message = `A file located at the url ${url} failed validation due to ${what}. Expected '${expected}', Actual '${actual}'`;
  return new DownloadError(kind, url, message, { cause });
}

/** Sorts an error of the network, or of the way there. */
export function networkError(url: URL, cause: unknown): DownloadError {
  const shown = publicUrl(url);
  const error = innermost(cause);
  const code = error.code ?? '';
  const host = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  const cannotConnect = (reason: string) => `Cannot connect to host ${host} ssl:default [${reason}]`;
  if (TIMEOUTS.has(code)) return timeoutError(shown, cause);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL') {
    return new DownloadError('dns', shown, cannotConnect('Name or service not known'), { cause });
  }
  if (/\(407\)/.test(error.message)) {
    return new DownloadError('proxy-auth', shown, `407, message='Proxy Authentication Required', url='${shown}'`, {
      cause,
      status: 407,
    });
  }
  if (CONNECTS.has(code)) {
    const { address = url.hostname, port = url.port } = error;
    return new DownloadError('connect', shown, cannotConnect(`Connect call failed ('${address}', ${port})`), { cause });
  }
  if (TLS.test(code) || /\bPEM\b/.test(error.message)) {
    return new DownloadError('tls', shown, cannotConnect(error.message), { cause });
  }
  return new DownloadError('interrupted', shown, `The connection broke off on the way to ${shown}: ${error.message}`, {
    cause,
  });
}

type SystemError = Error & { code?: string; address?: string; port?: number };

/** Node wraps the attempts for several addresses of a host in an AggregateError; the first speaks for all. */
function innermost(cause: unknown): SystemError {
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0];
  return cause instanceof Error ? cause : new Error(String(cause));
}
