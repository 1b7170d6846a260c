import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { basicAuthorization } from './dispatcher.ts';
import { DownloadError, networkError, publicUrl, statusError } from './errors.ts';
import type { DownloadSettings } from './settings.ts';
import { type TransportRequest, type TransportResponse, transport } from './transport.ts';

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Headers that stay when a redirect leads to another origin: anything else may be a credential. */
const HARMLESS = new Set(['accept', 'accept-encoding', 'accept-language', 'range', 'user-agent']);

export interface DownloadResponse extends TransportResponse {
  /** Where redirects led to, without user information. */
  url: string;
}

export interface ExchangeOptions extends Pick<TransportRequest, 'method' | 'signal' | 'whole'> {
  range?: string | undefined;
}

/** Sends one request and follows its redirects. Rejects with `DownloadError`, also for an answer of 400 and above. */
export async function exchange(
  dispatcher: Dispatcher,
  settings: DownloadSettings,
  start: URL,
  options: ExchangeOptions,
): Promise<DownloadResponse> {
  let url = start;
  const headers = requestHeaders(settings, start, options.range);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const { method, signal, whole } = options;
    const sent = url.origin === start.origin ? headers : withoutCredentials(headers);
    const response = await send(dispatcher, { url, method, signal, whole, headers: sent });
    const { status } = response;
    const location = REDIRECTS.has(status) ? response.headers.location : undefined;
    // What redirects to nowhere would pass for an empty file.
    if (status < 300) return { ...response, url: publicUrl(url) };
    if (response.body instanceof Readable) response.body.destroy();
    if (location === undefined) throw statusError(publicUrl(url), status, String(response.headers['retry-after']));
    url = redirectTarget(url, String(location));
  }
  throw new DownloadError('redirects', publicUrl(start), `Too many redirects from ${publicUrl(start)}.`, {});
}

async function send(dispatcher: Dispatcher, request: TransportRequest): Promise<TransportResponse> {
  try {
    return await transport(dispatcher, request);
  } catch (error) {
    request.signal.throwIfAborted();
    throw networkError(request.url, error);
  }
}

/** A file:// or other target of a redirect is refused: only the operator's own URLs may name local files. */
function redirectTarget(from: URL, location: string): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (target?.protocol === 'http:' || target?.protocol === 'https:') return target;
  throw new DownloadError('scheme', publicUrl(from), `${publicUrl(from)} redirects to what is no http URL.`, {});
}

function requestHeaders(settings: DownloadSettings, url: URL, range: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': settings.userAgent };
  const auth = settings.auth ?? userInformation(url);
  if (auth) headers.authorization = basicAuthorization(auth.username, auth.password);
  for (const [name, value] of Object.entries(settings.headers ?? {})) {
    const key = name.toLowerCase();
    headers[key] = key === 'user-agent' ? `${settings.userAgent}, ${value}` : value;
  }
  // Compressed transfer would make sizes and digests those of something else.
  headers['accept-encoding'] = 'identity';
  if (range !== undefined) headers.range = range;
  return headers;
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

function userInformation(url: URL): { username: string; password: string } | null {
  if (!url.username) return null;
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}
