import type { Database, Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { MigrationRow } from '../ledger.ts';
import type { SetAside, SetAsideItem } from '../plan/inventory-types.ts';
import { renderSetAside } from '../plan/render-plan.ts';
import { REASONS, type Reason } from '../reasons.ts';
import type { KindSummary } from '../stages/summary.ts';

/** What a run did, for programs; `report --json` prints it. */
export type Report = {
  readonly id: string;
  readonly state: MigrationRow['state'];
  readonly stage: string;
  readonly source: string;
  readonly content_root: string;
  readonly started: string;
  readonly finished: string | null;
  readonly error: string | null;
  readonly kinds: readonly KindSummary[];
  readonly set_aside: readonly SetAside[];
  /** What moved, but not as it was. */
  readonly remarks: readonly SetAside[];
};

/** More items than this are only counted: the report of a broken disk must fit in memory. */
const MOST_ITEMS = 100_000;

/** The report of a run, with every item that was set aside. */
export async function readReport(database: Database, migration: MigrationRow): Promise<Report> {
  const { id, state, stage, source, content_root, created, finished, error, summary } = migration;
  return {
    id,
    state,
    stage,
    source,
    content_root,
    started: created,
    finished,
    error,
    kinds: summary?.kinds ?? [],
    set_aside: await readItems(database, id, false),
    remarks: await readItems(database, id, true),
  };
}

async function readItems(database: Database, id: string, moved: boolean): Promise<SetAside[]> {
  const groups = await database.query<{ kind: string; reason: Reason; count: number }>(sql`
    select kind, reason, sum(count)::bigint as count from migration_set_aside
    where migration_id = ${id} and moved = ${moved} group by kind, reason order by kind, reason`);
  const items = await groupItems(database, id, moved);
  return groups.map((group) => ({
    ...group,
    text: REASONS[group.reason],
    items: items.get(`${group.kind} ${group.reason}`) ?? [],
  }));
}

type ItemRow = {
  kind: string;
  reason: string;
  v2_id: string;
  repository: string | null;
  detail: string | null;
  count: number;
};

async function groupItems(database: Queryable, id: string, moved: boolean): Promise<Map<string, SetAsideItem[]>> {
  const rows = await database.query<ItemRow>(sql`
    select kind, reason, v2_id, repository, detail, count from migration_set_aside
    where migration_id = ${id} and moved = ${moved}
    order by kind, reason, repository, detail, v2_id limit ${MOST_ITEMS}`);
  const groups = new Map<string, SetAsideItem[]>();
  for (const { kind, reason, v2_id, repository, detail, count } of rows) {
    const item = {
      id: v2_id,
      ...(repository === null ? {} : { repository }),
      ...(detail === null ? {} : { detail }),
      ...(v2_id === '' ? { count } : {}),
    };
    const key = `${kind} ${reason}`;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The report as text for a terminal. */
export function renderReport(report: Report): string {
  const header = ['', 'source', 'migrated', 'deduplicated', 'set aside'];
  const rows = report.kinds.map((kind) =>
    [kind.kind, kind.source, kind.migrated, kind.deduplicated, kind.set_aside].map(String),
  );
  const table = [header, ...rows].map((row) =>
    row.map((cell, index) => (index === 0 ? cell.padEnd(18) : cell.padStart(13))).join(''),
  );
  return [
    `Migration ${report.id}: ${report.state}${report.finished ? ` at ${report.finished.slice(0, 19)}Z` : `, ${report.stage}`}`,
    `Source   ${report.source}`,
    `Content  ${report.content_root}`,
    ...(report.error === null ? [] : [`Error    ${report.error}`]),
    '',
    ...table,
    '',
    ...renderSetAside(report.set_aside),
    ...(report.remarks.length > 0 ? ['Moved, but not as it was:', ...renderSetAside(report.remarks).slice(1)] : []),
  ].join('\n');
}

/** Whether somebody should look at the report: not for what the plan left out on purpose. */
export function hasSetAside(report: Report): boolean {
  return [...report.set_aside, ...report.remarks].some(
    ({ reason }) => reason !== 'not_selected' && reason !== 'orphan',
  );
}
