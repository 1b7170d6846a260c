import type { Mappings } from '../mapping/load.ts';

/** The collections that a migration reads whatever the mappings say; of others only names and sizes are told. */
const ALWAYS: readonly string[] = [
  'repos',
  'repo_importers',
  'repo_distributors',
  'repo_content_units',
  'lazy_content_catalog',
  'repo_sync_results',
  'repo_publish_results',
  'scheduled_calls',
  'migration_trackers',
];

/** Tells which collections to open: those above and those of mapped unit types. */
export function wantedCollections(mappings: Mappings): (collection: string) => boolean {
  const units = mappings.families.flatMap((family) => family.units.map((unit) => unit.collection));
  const wanted = new Set([...ALWAYS, ...units]);
  return (collection) => wanted.has(collection);
}
