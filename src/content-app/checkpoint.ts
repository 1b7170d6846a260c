import type { Queryable } from '../platform/postgres/database.ts';
import { type FoundDistribution, listCheckpoints, type ServedPublication } from './catalog.ts';
import { folderPage, MISSING, type Resolution, resolvePublished } from './published.ts';
import type { Target } from './target.ts';

const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Below a distribution of checkpoints, the first folder is a time: that of a checkpoint is served, a later one leads to
 * the newest checkpoint before it (v3-api.md 4.6).
 */
export async function resolveCheckpoint(
  database: Queryable,
  target: Target,
  distribution: FoundDistribution,
  rest: string,
): Promise<Resolution> {
  if (distribution.repository_id === null) return MISSING;
  const checkpoints = await listCheckpoints(database, distribution.repository_id);
  if (rest === '') return folderPage(target, checkpoints.map(toEntry));
  const slash = rest.indexOf('/');
  const stamp = slash < 0 ? rest : rest.slice(0, slash);
  const wanted = parseStamp(stamp);
  const newest = checkpoints.findLast((checkpoint) => stampOf(checkpoint) <= stamp);
  if (wanted === null || wanted > Date.now() || !newest) return MISSING;
  if (slash < 0) return { kind: 'redirect', location: `${target.rawPath}/` };
  const exact = stampOf(newest);
  if (exact === stamp) return resolvePublished(database, newest, target, rest.slice(slash + 1));
  return { kind: 'redirect', location: target.rawPath.replace(stamp, exact) };
}

/** `20260131T102030Z`; such texts sort like their times. */
function stampOf({ created }: ServedPublication): string {
  return `${created.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

function toEntry(checkpoint: ServedPublication) {
  return { name: `${stampOf(checkpoint)}/`, added: checkpoint.created, size: null };
}

function parseStamp(stamp: string): number | null {
  const [, ...parts] = STAMP.exec(stamp) ?? [];
  if (parts.length === 0) return null;
  const [year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : time;
}
