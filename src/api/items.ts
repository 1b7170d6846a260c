import { notFound } from '../core/errors.ts';
import { allOf, type Sql, sql } from '../platform/postgres/sql.ts';
import type { Api } from './api.ts';
import type { Answer, Call, JsonObject } from './call.ts';
import type { Resource } from './declare/types.ts';
import { isUuid } from './hrefs.ts';
import { notFoundHere } from './http/http-error.ts';
import { fieldChoice, present } from './present/present.ts';
import { relatedOf } from './present/related.ts';
import type { PresentContext, Row } from './present/types.ts';
import { scopeOf, selectOf } from './views.ts';

const LARGEST_KEY = 2 ** 31 - 1;

/** The condition that picks what a path names. 404 for keys that can be none. */
function keyCondition(resource: Resource, keys: readonly string[]): Sql {
  const [first = '', second] = keys;
  if (resource.kind === 'user' || resource.kind === 'group') return sql`t.id = ${integerKey(first)}`;
  if (!isUuid(first)) throw notFoundHere();
  if (resource.kind !== 'version') return sql`t.id = ${first}`;
  return sql`t.repository_id = ${first} and t.number = ${integerKey(second ?? '')}`;
}

function integerKey(text: string): number {
  const key = /^\d+$/.test(text) ? Number(text) : -1;
  if (key < 0 || key > LARGEST_KEY) throw notFoundHere();
  return key;
}

/** The row of what the call's path names. 404 in the words of Pulp 3. */
export async function findItem(call: Call): Promise<Row> {
  const { api, operation, keys } = call;
  const { resource } = operation;
  const condition = allOf([...scopeOf(resource), keyCondition(resource, keys)]);
  const row = call.permitted ? await api.database.find<Row>(sql`${selectOf(resource)} where ${condition}`) : null;
  if (!row) throw notFound(modelName(api, resource));
  return row;
}

function modelName(api: Api, { kind, type, name }: Resource): string {
  return kind === null ? name : api.models.get(kind, kind === 'version' ? null : type).name;
}

/** One object again, after it was written. */
export async function rowById(api: Api, resource: Resource, id: string | number): Promise<Row> {
  return api.database.one<Row>(sql`${selectOf(resource)} where t.id = ${id}`);
}

export function contentOrigin(call: Call): string {
  return call.api.settings.contentOrigin ?? call.origin;
}

async function contextFor(call: Call, resource: Resource, rows: readonly Row[]): Promise<PresentContext> {
  const origin = contentOrigin(call);
  return {
    api: call.api,
    resource,
    contentOrigin: origin,
    related: await relatedOf(call.api, resource.kind, rows, origin),
  };
}

/** Rows as clients see them in a list. */
export async function presentRows(call: Call, resource: Resource, rows: readonly Row[]): Promise<JsonObject[]> {
  const context = await contextFor(call, resource, rows);
  const wanted = fieldChoice(call.query);
  return rows.map((row) => present(context, row, false, wanted));
}

/** A row as the answer to a read. */
export async function presentItem(call: Call, resource: Resource, row: Row): Promise<JsonObject> {
  return present(await contextFor(call, resource, [row]), row, true, fieldChoice(call.query));
}

/** 201 with the object and its Location. */
export async function createdAnswer(call: Call, resource: Resource, id: string | number): Promise<Answer> {
  const row = await rowById(call.api, resource, id);
  const body = present(await contextFor(call, resource, [row]), row, false);
  return { status: 201, body, headers: { Location: `${body.pulp_href}` } };
}
