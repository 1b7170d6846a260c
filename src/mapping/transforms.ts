import type { MappedKey, TransformName } from './types.ts';

/**
 * One way between a v2 value and a v3 field. `forward` gets what the field holds so far (two keys may share one) and
 * gives undefined for a value that v3 cannot take; `back` gives undefined for nothing to show.
 */
export type Transform = {
  forward(value: unknown, key: MappedKey, current: unknown): unknown;
  back(value: unknown, key: MappedKey): unknown;
};

const same: Transform = {
  forward: (value) => (typeof value === 'string' ? value : undefined),
  back: (value) => value ?? undefined,
};

const MANIFEST = 'PULP_MANIFEST';

export const TRANSFORMS: Readonly<Record<TransformName, Transform>> = {
  text: same,
  boolean: { ...same, forward: toBoolean },
  integer: { ...same, forward: toInteger },
  number: { ...same, forward: toNumber },
  choice: { forward: toChoice, back: fromChoice },
  manifest_url: { forward: toManifestUrl, back: fromManifestUrl },
  proxy_host: { forward: toProxyUrl, back: (url) => splitProxy(url)?.host },
  proxy_port: { forward: withPort, back: (url) => splitProxy(url)?.port },
  base_path: { forward: (value) => toBasePath(value), back: (value) => value ?? undefined },
};

/** v2's get_boolean: JSON booleans, and the words in any case (v2-plugins.md 0.1). */
export function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (word === 'true') return true;
  return word === 'false' ? false : undefined;
}

/** What an integer column holds. */
const MOST = 2 ** 31 - 1;

function toInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) <= MOST ? number : undefined;
}

function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function toChoice(value: unknown, key: MappedKey): string | undefined {
  if (typeof value !== 'string' || !key.choices || !Object.hasOwn(key.choices, value)) return undefined;
  return key.choices[value];
}

/** The first word of several that mean the same; a v3 value without a word is shown as it is. */
function fromChoice(value: unknown, key: MappedKey): unknown {
  const entry = Object.entries(key.choices ?? {}).find(([, target]) => target === value);
  return entry?.[0] ?? value ?? undefined;
}

/** A v2 feed is a folder, a v3 url is the manifest in it; the query stays at the end. */
function toManifestUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const { path, query } = splitQuery(value);
  if (path.endsWith(`/${MANIFEST}`)) return value;
  return `${path}${path.endsWith('/') ? '' : '/'}${MANIFEST}${query}`;
}

function fromManifestUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const { path, query } = splitQuery(value);
  return path.endsWith(`/${MANIFEST}`) ? `${path.slice(0, -MANIFEST.length)}${query}` : value;
}

function splitQuery(url: string): { path: string; query: string } {
  const at = url.search(/[?#]/);
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at) };
}

function toProxyUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const trimmed = value.replace(/\/+$/, '');
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
}

function withPort(value: unknown, _key: MappedKey, url: unknown): string | undefined {
  const port = toInteger(value);
  if (typeof url !== 'string' || port === undefined) return undefined;
  return `${url.replace(/:\d+$/, '')}:${port}`;
}

function splitProxy(url: unknown): { host: string; port: number | undefined } | undefined {
  if (typeof url !== 'string' || url === '') return undefined;
  const [, host = url, port] = /^(.*?)(?::(\d+))?\/*$/.exec(url) ?? [];
  return { host, port: port === undefined ? undefined : Number(port) };
}

/** Without slashes at the ends and without empty segments: what v3 accepts as a base path. */
export function toBasePath(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const path = value
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  return path === '' ? undefined : path;
}
