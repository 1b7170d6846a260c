import { invalidValue } from '../errors.ts';
import { ok, operations, type Reply, type V2Request } from '../operation.ts';
import { presentHistoryEntry } from '../present/history.ts';
import { getDistributor } from '../store/distributors.ts';
import { type HistoryWindow, listHistory } from '../store/histories.ts';
import { getRepositoryView } from '../store/repositories.ts';

export const HISTORY_OPERATIONS = operations('repository', [
  ['GET', 'repositories/:repository/history/sync/', 'READ', 'none', syncHistory],
  ['GET', 'repositories/:repository/history/publish/:distributor/', 'READ', 'none', publishHistory],
]);

async function syncHistory(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const window = parseWindow(request.query);
  const view = await getRepositoryView(database, request.params.repository ?? '');
  const rows = await listHistory(database, view.id, 'sync', null, window);
  return ok(rows.map((row) => presentHistoryEntry(view.name, row)));
}

async function publishHistory(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const window = parseWindow(request.query);
  const view = await getRepositoryView(database, request.params.repository ?? '');
  const { id } = await getDistributor(request, database, view, request.params.distributor ?? '');
  const rows = await listHistory(database, view.id, 'publish', id, window);
  return ok(rows.map((row) => presentHistoryEntry(view.name, row)));
}

/** One 400 names everything that is wrong (v2-api.md 4.5). */
function parseWindow(query: URLSearchParams): HistoryWindow {
  const limit = query.get('limit');
  const sort = query.get('sort');
  const dates = { start_date: query.get('start_date'), end_date: query.get('end_date') };
  const bad = [
    ...(limit === null || (/^\s*\+?\d{1,9}\s*$/.test(limit) && Number(limit) > 0) ? [] : ['limit']),
    ...(sort === null || sort === 'ascending' || sort === 'descending' ? [] : ['sort']),
    ...Object.entries(dates).flatMap(([name, text]) => (text === null || parseDate(text) !== null ? [] : [name])),
  ];
  if (bad.length > 0) throw invalidValue(bad);
  return {
    limit: limit === null ? null : Number(limit),
    ascending: sort === 'ascending',
    from: dates.start_date === null ? null : parseDate(dates.start_date),
    to: dates.end_date === null ? null : parseDate(dates.end_date),
  };
}

/** A full ISO 8601 date-time; one without a zone is in UTC. */
function parseDate(text: string): string | null {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  if (!match) return null;
  const date = new Date(match[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
