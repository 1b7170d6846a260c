import { invalidField, invalidFields, notFound } from '../../core/errors.ts';
import type { Json } from '../../core/task/types.ts';
import { allOf, joinSql, type Sql, sql } from '../../platform/postgres/sql.ts';
import { type Answer, type Call, ok } from '../call.ts';
import type { Resource } from '../declare/types.ts';
import { columnSql } from '../filter/columns.ts';
import { compileFilter } from '../filter/compile.ts';
import { emptyFilter } from '../filter/empty.ts';
import type { FilterParameter } from '../filter/expand.ts';
import { compileQ } from '../filter/q.ts';
import { isUuid } from '../hrefs.ts';
import { notFoundHere } from '../http/http-error.ts';
import { presentRows } from '../items.ts';
import { presentMinimal } from '../present/related.ts';
import type { Row } from '../present/types.ts';
import { countOf, defaultOrder, scopeOf, selectPage } from '../views.ts';
import { pageLinks, readPage } from './pages.ts';

/** Never filters (v3-api.md 1.9). */
const TOLERATED = new Set([
  'exclude_fields',
  'fields',
  'limit',
  'minimal',
  'offset',
  'page_size',
  'ordering',
  'format',
  'q',
]);

/** GET of a collection: filtered, ordered, one page. */
export async function list(call: Call): Promise<Answer> {
  const { resource } = call.operation;
  const conditions = [...scopeOf(resource), ...(await parentScope(call)), ...(await filterConditions(call))];
  if (!call.permitted) conditions.push(sql`false`);
  return listAnswer(call, resource, conditions);
}

/** The page of a list under conditions on table `t`. */
export async function listAnswer(call: Call, resource: Resource, conditions: readonly Sql[]): Promise<Answer> {
  const { database } = call.api;
  const page = readPage(call.query);
  const where = allOf(conditions);
  const order = orderOf(call, resource);
  const [{ count }, rows] = await Promise.all([
    database.one<{ count: number }>(sql`${countOf(resource)} where ${where}`),
    database.query<Row>(selectPage(resource, where, order, page)),
  ]);
  const results: Json[] = isMinimal(call)
    ? rows.map((row) => presentMinimal(call.api, row))
    : await presentRows(call, resource, rows);
  return ok({ count, ...pageLinks(call, page, count), results });
}

export function isMinimal(call: Call): boolean {
  return call.operation.resource.kind === 'task' && /^(true|1|t|yes|on)$/i.test(call.query.get('minimal') ?? '');
}

/** Versions are listed within their repository. */
async function parentScope(call: Call): Promise<Sql[]> {
  const [id] = call.keys;
  const { kind, type } = call.operation.resource;
  if (id === undefined || kind !== 'version') return [];
  if (!isUuid(id)) throw notFoundHere();
  const parent = await call.api.database.find(
    sql`select 1 as found from repository where id = ${id} and type = ${type}`,
  );
  if (!parent) throw notFound(call.api.models.get('repository', type).name);
  return [sql`t.repository_id = ${id}`];
}

async function filterConditions(call: Call): Promise<Sql[]> {
  const { api, operation, query } = call;
  if (operation.resource.bareList) return [];
  const filters = api.filtersOf(operation.resource);
  const names = [...new Set(query.keys())];
  const unknown = names.filter((name) => !filters.has(name) && !TOLERATED.has(name));
  if (unknown.length > 0) throw invalidFields({ errors: unknown.map((name) => `Invalid Filter: '${name}'`) });
  const conditions: Sql[] = [];
  for (const name of names) {
    const parameter = filters.get(name);
    if (!parameter) continue;
    const raw = rawValue(query.getAll(name), parameter);
    const condition = raw ? await compileFilter(api, operation.resource, parameter, raw) : emptyFilter(parameter);
    if (condition) conditions.push(condition);
  }
  const q = query.getAll('q').at(-1);
  if (q?.trim())
    conditions.push(
      await compileQ(q, (name, value) => {
        const parameter = filters.get(name);
        return parameter ? compileFilter(api, operation.resource, parameter, value) : null;
      }),
    );
  return conditions;
}

/** Of a repeated parameter the last counts, unless that is how its list is given. */
function rawValue(values: readonly string[], { declaration }: FilterParameter): string | undefined {
  return declaration.exploded ? values.join(',') : values.at(-1);
}

function orderOf(call: Call, resource: Resource): Sql {
  const asked = (call.query.getAll('ordering').at(-1) ?? '').split(',').filter(Boolean);
  const terms = asked.map((text) => orderTerm(resource, text.trim()));
  return joinSql([...terms, defaultOrder(resource)], ', ');
}

function orderTerm(resource: Resource, text: string): Sql {
  const descending = text.startsWith('-');
  const column = resource.ordering[descending ? text.slice(1) : text];
  if (column === undefined) {
    throw invalidField('ordering', `Select a valid choice. ${text} is not one of the available choices.`);
  }
  return descending ? sql`${columnSql(column)} desc` : sql`${columnSql(column)}`;
}
