import { SourceError } from './source.ts';

/** The database that holds a Pulp 2: the one with repositories; of several, the one of Pulp's default name. */
export function pickDatabase(found: readonly { database: string; collection: string }[], name: string): string {
  const candidates = [...new Set(found.filter((entry) => entry.collection === 'repos').map((entry) => entry.database))];
  const [only, ...others] = candidates;
  if (only === undefined) throw new SourceError(`${name} holds no Pulp 2 database: no collection is called "repos"`);
  if (others.length === 0) return only;
  if (candidates.includes('pulp_database')) return 'pulp_database';
  throw new SourceError(`${name} holds several Pulp 2 databases (${candidates.join(', ')}): dump one of them alone`);
}
