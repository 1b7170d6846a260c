import { oid } from '../object-id.ts';
import type { JsonObject } from '../operation.ts';
import type { HistoryRow } from '../store/histories.ts';
import { v2Time } from './times.ts';

/** An entry as the result of its task shows it (v2-api.md 2.8). */
export function presentHistory(repoId: string, row: HistoryRow): JsonObject {
  return {
    ...common(repoId, row),
    ...(row.kind === 'sync' ? syncMembers(row) : publishMembers(row)),
    id: row.object_id,
  };
}

/** An entry as the history shows it. */
export function presentHistoryEntry(repoId: string, row: HistoryRow): JsonObject {
  return { ...presentHistory(repoId, row), _id: oid(row.object_id) };
}

function common(repoId: string, row: HistoryRow): JsonObject {
  return {
    result: row.result,
    exception: row.exception,
    repo_id: repoId,
    traceback: row.traceback,
    started: v2Time(row.started),
    completed: v2Time(row.completed),
    error_message: row.error_message,
    summary: row.summary,
    details: row.details,
  };
}

/** Syncs that ended in an exception name the importer by its object id (corrections.md, v2-plugins.md 0.11). */
function syncMembers(row: HistoryRow): JsonObject {
  return {
    _ns: 'repo_sync_results',
    importer_id: row.actor_id === row.actor_type_id ? row.actor_id : oid(row.actor_id),
    importer_type_id: row.actor_type_id,
    added_count: row.added_count,
    removed_count: row.removed_count,
    updated_count: row.updated_count,
  };
}

function publishMembers(row: HistoryRow): JsonObject {
  return { _ns: 'repo_publish_results', distributor_id: row.actor_id, distributor_type_id: row.actor_type_id };
}
