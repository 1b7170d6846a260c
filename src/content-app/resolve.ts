import type { Queryable } from '../platform/postgres/database.ts';
import {
  type FoundDistribution,
  findDistribution,
  findPublication,
  isAboveDistributions,
  listDistributions,
} from './catalog.ts';
import { resolveCheckpoint } from './checkpoint.ts';
import { renderListing } from './listing.ts';
import { MISSING, type Resolution, resolvePublished } from './published.ts';
import type { Target } from './target.ts';

const NO_SOURCE = 'Distribution is not pointing to a publication, repository, repository version, or remote.';

/** What a path stands for, and the guard that has to be asked first. */
export interface Found {
  resolution: Resolution;
  guardId: string | null;
}

/** Looks up what a path stands for (v3-api.md 4.2). Only the database is asked; paths never touch a file system. */
export async function resolve(database: Queryable, target: Target): Promise<Found> {
  const { mount, path } = target;
  if (path === '') {
    const html = renderListing(mount.prefix, true, await listDistributions(database, mount, ''));
    return { resolution: { kind: 'page', html }, guardId: null };
  }
  const distribution = await findDistribution(database, mount, path);
  if (!distribution) return { resolution: await resolveAbove(database, target), guardId: null };
  const resolution = await resolveWithin(database, target, distribution);
  return { resolution, guardId: distribution.content_guard_id };
}

async function resolveWithin(
  database: Queryable,
  target: Target,
  distribution: FoundDistribution,
): Promise<Resolution> {
  const { path, rawPath } = target;
  if (path === distribution.base) return { kind: 'redirect', location: `${rawPath}/` };
  const rest = path.slice(distribution.base.length).replace(/^\/+/, '');
  if (distribution.checkpoint) return resolveCheckpoint(database, target, distribution, rest);
  const publication = await findPublication(database, distribution);
  if (publication) return resolvePublished(database, publication, target, rest);
  return { kind: 'missing', reason: hasSource(distribution) ? null : NO_SOURCE };
}

/** A folder that is only a part of base paths; its title is the part alone (golden/v3/11, "nested listing"). */
async function resolveAbove(database: Queryable, { mount, path, rawPath }: Target): Promise<Resolution> {
  if (!path.endsWith('/')) {
    const isFolder = await isAboveDistributions(database, mount, `${path}/`);
    return isFolder ? { kind: 'redirect', location: `${rawPath}/` } : MISSING;
  }
  const entries = await listDistributions(database, mount, path);
  if (entries.length === 0) return MISSING;
  return { kind: 'page', html: renderListing(path, false, entries) };
}

function hasSource(distribution: FoundDistribution): boolean {
  const { publication_id, repository_version_id, repository_id } = distribution;
  return publication_id !== null || repository_version_id !== null || repository_id !== null;
}
