import { IntervalError, parseDateTime } from '../../src/platform/schedule/interval.ts';
import { invalidValue } from '../errors.ts';
import { lastParameter, ok, operations, type Reply, type V2Request } from '../operation.ts';
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
  const limit = lastParameter(query, 'limit');
  const sort = lastParameter(query, 'sort');
  const dates = { start_date: lastParameter(query, 'start_date'), end_date: lastParameter(query, 'end_date') };
  const bad = [
    ...(limit === null || (/^\s*\+?\d+\s*$/.test(limit) && Number(limit) > 0) ? [] : ['limit']),
    ...(sort === null || ['', 'ascending', 'descending'].includes(sort) ? [] : ['sort']),
    ...Object.entries(dates).flatMap(([name, text]) => (text === null || parseDate(text) !== null ? [] : [name])),
  ];
  if (bad.length > 0) throw invalidValue(bad);
  return {
    limit: limit === null ? null : Math.min(Number(limit), Number.MAX_SAFE_INTEGER),
    ascending: sort === 'ascending',
    from: dates.start_date === null ? null : parseDate(dates.start_date),
    to: dates.end_date === null ? null : parseDate(dates.end_date),
  };
}

/** A full ISO 8601 date-time. The plus sign of a zone comes as a space when a client left it as it is. */
function parseDate(text: string): string | null {
  if (!text.includes('T')) return null;
  try {
    return parseDateTime(text.replace(' ', '+')).toISOString();
  } catch (error) {
    if (error instanceof IntervalError) return null;
    throw error;
  }
}
