import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { contentRange, parseRange } from '../http/range.ts';
import { DownloadError, publicUrl, statusError } from './errors.ts';
import type { DownloadResponse } from './exchange.ts';

/** Opens a local file as if a server had answered. Links are resolved before the path is held against the allowed folders. */
export async function openFileUrl(
  url: URL,
  allowedFilePaths: readonly string[],
  options: { range?: string | undefined; method: 'GET' | 'HEAD' },
): Promise<DownloadResponse> {
  const shown = publicUrl(url);
  const path = await allowedPath(url, shown, allowedFilePaths);
  const found = path === null ? null : await stat(path);
  if (path === null || !found?.isFile()) throw statusError(shown, 404, undefined);
  const range = parseRange(options.range, found.size);
  if (range.kind === 'unsatisfiable' || range.kind === 'unacceptable') throw statusError(shown, 416, undefined);
  const slice = range.kind === 'part' ? { start: range.start, end: range.end } : { start: 0, end: found.size - 1 };
  const headers: Record<string, string> = {
    'content-length': String(slice.end - slice.start + 1),
    'last-modified': found.mtime.toUTCString(),
  };
  if (range.kind === 'part') headers['content-range'] = contentRange(range, found.size);
  const empty = options.method === 'HEAD' || found.size === 0;
  const body = empty ? Readable.from([]) : createReadStream(path, { ...slice, highWaterMark: 262_144 });
  return { status: range.kind === 'part' ? 206 : 200, headers, body, url: shown };
}

/** Null when nothing is there, although it would be allowed. */
async function allowedPath(url: URL, shown: string, allowed: readonly string[]): Promise<string | null> {
  const forbidden = () =>
    new DownloadError('forbidden-path', shown, `${shown} is not below any of the allowed import paths.`, {});
  if (url.host !== '') throw forbidden();
  const roots = (await Promise.all(allowed.map((root) => realpath(root).catch(() => null)))).filter(isPresent);
  const path = fileURLToPath(url);
  const real = await realpath(path).catch(() => null);
  const below = (candidate: string, root: string) => candidate.startsWith(root.endsWith(sep) ? root : root + sep);
  if (real !== null && roots.some((root) => below(real, root))) return real;
  // What does not exist must not be told apart from what is forbidden, except below the allowed folders.
  if (real === null && [...allowed, ...roots].some((root) => below(path, root))) return null;
  throw forbidden();
}

function isPresent<T>(value: T | null): value is T {
  return value !== null;
}
