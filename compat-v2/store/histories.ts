import type { Json } from '../../src/core/task/types.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import { type Sql, sql } from '../../src/platform/postgres/sql.ts';

export type HistoryKind = 'sync' | 'publish';

export type SyncCounts = { readonly added: number; readonly updated: number; readonly removed: number };

/** One end of a sync or a publish, as v2 remembers it (v2-api.md 2.8). */
export type NewHistory = {
  readonly repositoryId: string;
  readonly kind: HistoryKind;
  /** Importer type id, or distributor id. */
  readonly actorId: string;
  readonly actorTypeId: string;
  readonly started: string;
  readonly result: 'success' | 'failed' | 'error' | 'canceled' | 'skipped';
  readonly counts: SyncCounts | null;
  readonly summary: Json;
  readonly details: Json;
  readonly errorMessage: string | null;
  readonly exception: string | null;
  readonly traceback: readonly string[] | null;
};

export type HistoryRow = {
  id: string;
  object_id: string;
  kind: HistoryKind;
  actor_id: string;
  actor_type_id: string;
  started: string;
  completed: string;
  result: string;
  added_count: number | null;
  updated_count: number | null;
  removed_count: number | null;
  summary: Json;
  details: Json;
  error_message: string | null;
  exception: string | null;
  traceback: string[] | null;
};

/** Writes an entry that is completed now. */
export function writeHistory(database: Queryable, entry: NewHistory): Promise<HistoryRow> {
  const json = (value: Json | readonly string[]) => (value === null ? null : JSON.stringify(value));
  return database.one<HistoryRow>(sql`
    insert into v2_history (object_id, repository_id, kind, actor_id, actor_type_id, started, completed, result,
      added_count, updated_count, removed_count, summary, details, error_message, exception, traceback)
    values (substr(replace(new_id()::text, '-', ''), 1, 24), ${entry.repositoryId}, ${entry.kind}, ${entry.actorId},
      ${entry.actorTypeId}, ${entry.started}, clock_timestamp(), ${entry.result}, ${entry.counts?.added ?? null},
      ${entry.counts?.updated ?? null}, ${entry.counts?.removed ?? null}, ${json(entry.summary)}::jsonb,
      ${json(entry.details)}::jsonb, ${entry.errorMessage}, ${entry.exception}, ${json(entry.traceback)}::jsonb)
    returning *`);
}

export type HistoryWindow = {
  readonly limit: number | null;
  readonly ascending: boolean;
  /** Bounds of `started`, inclusive. */
  readonly from: string | null;
  readonly to: string | null;
};

/** Entries of a repository; of one distributor when `actorId` is given. */
export function listHistory(
  database: Queryable,
  repositoryId: string,
  kind: HistoryKind,
  actorId: string | null,
  window: HistoryWindow,
): Promise<HistoryRow[]> {
  const order: Sql = window.ascending ? sql`started, id` : sql`started desc, id desc`;
  return database.query<HistoryRow>(sql`
    select * from v2_history
    where repository_id = ${repositoryId} and kind = ${kind} and (${actorId}::text is null or actor_id = ${actorId})
      and (${window.from}::timestamptz is null or started >= ${window.from})
      and (${window.to}::timestamptz is null or started <= ${window.to})
    order by ${order} limit ${window.limit}`);
}
