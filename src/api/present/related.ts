import type { ModelKind } from '../../core/models.ts';
import type { Json } from '../../core/task/types.ts';
import { identifier, joinSql, type Sql, sql } from '../../platform/postgres/sql.ts';
import type { Api } from '../api.ts';
import { TABLES } from '../tables.ts';
import { selectOf } from '../views.ts';
import { present } from './present.ts';
import { resultReference } from './task-result.ts';
import type { Related, Row } from './types.ts';

export const NOTHING_RELATED: Related = { hrefs: new Map(), results: new Map(), tasks: new Map() };

const MINIMAL = [
  'pulp_href',
  'prn',
  'pulp_created',
  'pulp_last_updated',
  'pulp_api_version',
  'name',
  'state',
  'unblocked_at',
  'started_at',
  'finished_at',
  'worker',
];

/** Looks up what the given rows of tasks or task groups name: a statement per kind, whatever the number of rows. */
export async function relatedOf(
  api: Api,
  kind: ModelKind | null,
  rows: readonly Row[],
  contentOrigin: string,
): Promise<Related> {
  if (kind === 'task_group') return { ...NOTHING_RELATED, tasks: await minimalTasks(api, rows) };
  if (kind !== 'task') return NOTHING_RELATED;
  const created = rows.flatMap((row) => (row.created_resources as string[]) ?? []);
  const results = rows.flatMap((row) => resultReference(api, row.result ?? null) ?? []);
  return {
    hrefs: created.length === 0 ? new Map() : await existing(api, created),
    results: results.length === 0 ? new Map() : await serialised(api, results, contentOrigin),
    tasks: new Map(),
  };
}

async function minimalTasks(api: Api, groups: readonly Row[]): Promise<Map<string, Json>> {
  const ids = groups.flatMap((group) => (group.member_ids as string[]) ?? []);
  if (ids.length === 0) return new Map();
  const rows = await api.database.query<Row>(sql`select t.* from task t where t.id = any (${ids}::uuid[])`);
  return new Map(rows.map((row) => [`${row.id}`, presentMinimal(api, row)]));
}

/** The short form of a task (v3-api.md 2.11). */
export function presentMinimal(api: Api, row: Row): Json {
  const resource = api.resourceOf('task', null);
  const whole = present(
    { api, resource, contentOrigin: '', related: NOTHING_RELATED },
    { ...row, child_ids: [] },
    false,
  );
  return Object.fromEntries(MINIMAL.map((name) => [name, whole[name] ?? null]));
}

/** Ids of PRNs by kind; what no plugin of today declares is left out. */
function groupByKind(api: Api, prns: readonly string[]): Map<ModelKind, string[]> {
  const groups = new Map<ModelKind, string[]>();
  for (const prn of prns) {
    const reference = prn.startsWith('publication:')
      ? { kind: 'publication' as const, id: prn.slice(12) }
      : kindOf(api, prn);
    if (reference) groups.set(reference.kind, [...(groups.get(reference.kind) ?? []), reference.id]);
  }
  return groups;
}

function kindOf(api: Api, prn: string): { kind: ModelKind; id: string } | null {
  const reference = api.models.parsePrn(prn);
  return reference && { kind: reference.model.kind, id: reference.id };
}

/** Hrefs by PRN of those that still exist. */
async function existing(api: Api, prns: readonly string[]): Promise<Map<string, string>> {
  const selects: Sql[] = [];
  for (const [kind, ids] of groupByKind(api, prns)) {
    const table = TABLES[kind];
    if (kind === 'version') {
      selects.push(sql`select ${kind} as kind, t.id::text as id, r.type, r.id as repository_id, t.number
        from repository_version t join repository r on r.id = t.repository_id where t.id = any (${ids}::uuid[])`);
    } else if (table) {
      selects.push(sql`select ${kind} as kind, t.id::text as id, ${table.typed ? sql`t.type` : sql`null`} as type,
        null::uuid as repository_id, null::int as number
        from ${identifier(table.name)} t where t.id::text = any (${ids}::text[])`);
    }
  }
  if (selects.length === 0) return new Map();
  const rows = await api.database.query<FoundRow>(joinSql(selects, ' union all '));
  return new Map(rows.map((row) => [prnOf(api, row), hrefOf(api, row)]));
}

interface FoundRow {
  kind: ModelKind;
  id: string;
  type: string | null;
  repository_id: string | null;
  number: number | null;
}

function prnOf(api: Api, row: FoundRow): string {
  return api.hrefs.prn(row.kind, row.kind === 'version' ? null : row.type, row.id);
}

function hrefOf(api: Api, row: FoundRow): string {
  if (row.number === null) return api.hrefs.href(row.kind, row.type, row.id);
  return api.hrefs.versionHref(row.type ?? '', row.repository_id ?? '', row.number);
}

async function serialised(api: Api, prns: readonly string[], contentOrigin: string): Promise<Map<string, Json>> {
  const found = new Map<string, Json>();
  for (const [kind, ids] of groupByKind(api, prns)) {
    for (const [id, body] of await serialiseMany(api, kind, ids, contentOrigin)) {
      const key = kind === 'publication' ? [`publication:${id}`, `${body.prn}`] : [`${body.prn}`];
      for (const prn of key) found.set(prn, body);
    }
  }
  return found;
}

async function serialiseMany(api: Api, kind: ModelKind, ids: readonly string[], contentOrigin: string) {
  const types = await typesOf(api, kind, ids);
  const found: [string, { [member: string]: Json }][] = [];
  for (const type of types) {
    const resource = api.resourceOf(kind, type);
    const scope = type === null || kind === 'version' ? sql`true` : sql`t.type = ${type}`;
    const rows = await api.database.query<Row>(
      sql`${selectOf(resource)} where t.id::text = any (${ids}::text[]) and ${scope}`,
    );
    const context = { api, resource, contentOrigin, related: NOTHING_RELATED };
    for (const row of rows) found.push([`${row.id}`, present(context, row, false)]);
  }
  return found;
}

async function typesOf(api: Api, kind: ModelKind, ids: readonly string[]): Promise<(string | null)[]> {
  const table = TABLES[kind];
  if (!table?.typed) return [null];
  const rows = await api.database.query<{ type: string }>(
    sql`select distinct type from ${identifier(table.name)} where id::text = any (${ids}::text[])`,
  );
  return rows.map(({ type }) => type);
}
