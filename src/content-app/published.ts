import type { Queryable } from '../platform/postgres/database.ts';
import { type FoundFile, findFile, isFolder, listFolder, type ServedPublication } from './catalog.ts';
import { type ListingEntry, renderListing } from './listing.ts';
import type { Target } from './target.ts';

/** What a request is answered with. */
export type Resolution =
  | { kind: 'file'; path: string; file: FoundFile }
  | { kind: 'page'; html: string }
  | { kind: 'redirect'; location: string }
  | { kind: 'missing'; reason: string | null };

export const MISSING: Resolution = { kind: 'missing', reason: null };

/** A file of a publication, a folder's index.html, or the list of what lies in a folder; without its slash, the way there. */
export async function resolvePublished(
  database: Queryable,
  publication: ServedPublication,
  target: Target,
  rest: string,
): Promise<Resolution> {
  const isList = rest === '' || rest.endsWith('/');
  const path = isList ? `${rest}index.html` : rest;
  const file = await findFile(database, publication, path);
  if (file) return { kind: 'file', path, file };
  if (isList) return folderPage(target, await listFolder(database, publication, rest));
  const found = await isFolder(database, publication, `${rest}/`);
  return found ? { kind: 'redirect', location: `${target.rawPath}/` } : MISSING;
}

export function folderPage({ mount, path }: Target, entries: readonly ListingEntry[]): Resolution {
  if (entries.length === 0) return MISSING;
  return { kind: 'page', html: renderListing(mount.prefix + path, false, entries) };
}
