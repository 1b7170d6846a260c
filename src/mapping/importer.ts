import { isDeepStrictEqual } from 'node:util';
import { applyKept, fieldsOf, fromFields, keepDifferences, prefixed, toFields } from './translate.ts';
import type { Config, Dropped, ImporterMapping, Kept } from './types.ts';

/** Fields of the remote that the mapping of every family may set; absent ones are unset. */
export type RemoteFields = {
  url: string;
  policy: string;
  tls_validation: boolean;
  ca_cert: string | null;
  client_cert: string | null;
  client_key: string | null;
  proxy_url: string | null;
  proxy_username: string | null;
  proxy_password: string | null;
  username: string | null;
  password: string | null;
  download_concurrency: number | null;
  max_retries: number | null;
  sock_connect_timeout: number | null;
  sock_read_timeout: number | null;
};

export type RemoteTranslation = {
  /** Null without a feed: a remote needs a url, so that everything is in `kept` then, secrets too. */
  readonly remote: RemoteFields | null;
  /** May hold secrets: encrypt it where it is stored. */
  readonly kept: Kept;
  /** Keys without effect any more; v2 clients read them back all the same. */
  readonly dropped: readonly Dropped[];
};

/** As Pulp 2 stored a config: nulls away, credentials out of the feed (v2-plugins.md 0.1). Does nothing twice. */
export function normaliseImporterConfig(config: Config): Record<string, unknown> {
  const entries = Object.entries(config).filter(([, value]) => value !== null && value !== undefined);
  const result: Record<string, unknown> = Object.fromEntries(entries);
  const { feed } = result;
  if (typeof feed !== 'string') return result;
  const [, scheme, user, password, rest] =
    /^([a-z][a-z0-9+.-]*:\/\/)([^/@:?#]*)(?::([^/@?#]*))?@(.*)$/is.exec(feed) ?? [];
  if (scheme === undefined || user === undefined) return result;
  result.feed = `${scheme}${rest}`;
  if (user !== '') result.basic_auth_username = percentDecode(user);
  if (password !== undefined) result.basic_auth_password = percentDecode(password);
  return result;
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The remote that an importer's config stands for. */
export function importerToRemote(mapping: ImporterMapping, config: Config): RemoteTranslation {
  const normal = normaliseImporterConfig(config);
  const { fields, dropped } = toFields(mapping.keys, normal);
  const remote = makeRemote(fieldsOf(fields, 'remote'));
  const kept = keepDifferences(normal, remote ? derive(mapping, remote) : {});
  return { remote, kept, dropped };
}

/** The config that v2 clients read for a remote; `remote` is null when the importer has no feed. */
export function remoteToImporter(mapping: ImporterMapping, remote: Config | null, kept: Kept): Record<string, unknown> {
  return applyKept(remote ? derive(mapping, remote) : {}, kept);
}

/**
 * The fields to write when a v2 client changes a config from `before` to `after`: those whose keys differ, so that
 * what only v3 can express (another manifest name, the streamed policy) survives an edit of something else.
 */
export function remoteChanges(mapping: ImporterMapping, before: Config, after: Config): Partial<RemoteFields> {
  const { remote } = importerToRemote(mapping, after);
  if (!remote) return {};
  const normal = normaliseImporterConfig(after);
  const changed = Object.entries(mapping.keys).filter(([name]) => !isDeepStrictEqual(before[name], normal[name]));
  const targets = new Set(changed.map(([, key]) => key.target));
  return Object.fromEntries(Object.entries(remote).filter(([name]) => targets.has(`remote.${name}`)));
}

function derive(mapping: ImporterMapping, remote: Config): Record<string, unknown> {
  return fromFields(mapping.keys, prefixed('remote', remote));
}

function makeRemote(fields: Partial<RemoteFields>): RemoteFields | null {
  const { url } = fields;
  if (url === undefined) return null;
  return {
    policy: 'immediate',
    tls_validation: true,
    ca_cert: null,
    client_cert: null,
    client_key: null,
    proxy_url: null,
    proxy_username: null,
    proxy_password: null,
    username: null,
    password: null,
    download_concurrency: null,
    max_retries: null,
    sock_connect_timeout: null,
    sock_read_timeout: null,
    ...fields,
    url,
  };
}
