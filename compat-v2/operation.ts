import type { IncomingMessage } from 'node:http';
import type { Account } from '../src/core/access/account.ts';
import type { Json } from '../src/core/task/types.ts';
import type { Mappings } from '../src/mapping/load.ts';
import type { App } from '../src/plugin/app.ts';

export type JsonObject = { [key: string]: Json };

/** What every part of the v2 face works with. */
export type V2App = { readonly app: Pick<App, 'services' | 'registry'>; readonly mappings: Mappings };

export type V2Request = V2App & {
  readonly app: App;
  /** Who asks; null only for operations without a permission. */
  readonly account: Account | null;
  readonly cid: string;
  /** Path segments by name, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The request target as it was sent, query string included. */
  readonly target: string;
  /** The body of operations that want an object; `{}` otherwise. */
  readonly body: JsonObject;
  /** The body whatever it is; undefined when there is none or the operation reads no JSON. */
  readonly json: Json | undefined;
  /** For operations with a raw body: nothing has read it. */
  readonly stream: IncomingMessage;
};

export type Reply = {
  readonly status: number;
  /** Sent as JSON; undefined: no body. */
  readonly body?: unknown;
  /** In place of a body: a JSON list that is sent as it comes. */
  readonly list?: AsyncIterable<readonly unknown[]>;
  /** Sent as it is, as text/html (v2-api.md 1.2). */
  readonly text?: string;
  readonly location?: string;
};

/**
 * object: required; optionalObject: an empty body means `{}`; json: any JSON, required; optionalJson: any JSON or
 * nothing; raw: the handler reads the stream; none: nobody reads it.
 */
export type BodyMode = 'none' | 'object' | 'optionalObject' | 'json' | 'optionalJson' | 'raw';

export type V2Verb = 'CREATE' | 'READ' | 'UPDATE' | 'DELETE' | 'EXECUTE';

export type V2Operation = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/pulp/api/v2/`, with `:name` segments: "repositories/:repository/". */
  readonly path: string;
  /** What the caller must be allowed to do; null: anybody may. */
  readonly permission: V2Verb | null;
  /** The model of the core that the permission is about: "repository". */
  readonly model: string;
  readonly body: BodyMode;
  readonly handle: (request: V2Request) => Promise<Reply>;
};

/** A table row: [method, path, permission, body mode, handler]. */
export type OperationRow = readonly [
  V2Operation['method'],
  string,
  V2Operation['permission'],
  BodyMode,
  V2Operation['handle'],
];

/** Operations on one model of the core, as a table. */
export function operations(model: string, rows: readonly OperationRow[]): V2Operation[] {
  return rows.map(([method, path, permission, body, handle]) => ({ method, path, permission, model, body, handle }));
}

export const ok = (body: unknown): Reply => ({ status: 200, body });

/** 201: `_href` of the document is its Location. */
export const created = (body: { _href: string; [key: string]: unknown }): Reply => ({
  status: 201,
  body,
  location: body._href,
});

export const accepted = (body: unknown): Reply => ({ status: 202, body });

/** Query string booleans: true only as the text "true" in any case (v2-api.md 1.2). */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  return lastParameter(query, name)?.toLowerCase() === 'true';
}

/** Of parameters that come several times the last one counts, as in the original. */
export function lastParameter(query: URLSearchParams, name: string): string | null {
  return query.getAll(name).at(-1) ?? null;
}

/** Shown before every path that v2 documents name. */
export const V2_ROOT = '/pulp/api/v2/';

/** `/pulp/api/v2/a/b/` of path segments, which are encoded. */
export function href(...segments: readonly string[]): string {
  return `${V2_ROOT}${segments.map(encodeURIComponent).join('/')}/`;
}
