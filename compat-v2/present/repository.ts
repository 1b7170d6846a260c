import type { Counts } from '../../src/core/repository/types.ts';
import type { Mappings } from '../../src/mapping/load.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import { objectIdOf, oid } from '../object-id.ts';
import { href, type JsonObject, V2_ROOT, type V2App } from '../operation.ts';
import { loadDistributors } from '../store/distributors.ts';
import { loadImporters } from '../store/importers.ts';
import { countLocalUnits, type RepositoryView } from '../store/repositories.ts';
import { presentDistributor } from './distributor.ts';
import { presentImporter } from './importer.ts';
import { v2Time } from './times.ts';

export type RepositoryDocument = JsonObject & { _href: string };

/** What documents hold beside the repository itself. Unit totals: only for a single one (v2-api.md 4.2). */
export type RepositoryParts = { readonly importers: boolean; readonly distributors: boolean; readonly totals: boolean };

export const NO_PARTS: RepositoryParts = { importers: false, distributors: false, totals: false };

/** Repository documents, in the order given. */
export async function presentRepositories(
  v2: V2App,
  database: Queryable,
  views: readonly RepositoryView[],
  parts: RepositoryParts,
): Promise<RepositoryDocument[]> {
  const importers = parts.importers ? await loadImporters(v2, database, views) : null;
  const distributors = parts.distributors ? await loadDistributors(v2, database, views) : null;
  const documents = views.map(async (view) => {
    const importer = importers?.get(view.id);
    return presentRepository(v2.mappings, view, {
      ...(importers && { importers: importer ? [presentImporter(importer, V2_ROOT)] : [] }),
      ...(distributors && {
        distributors: (distributors.get(view.id) ?? []).map((entry) => presentDistributor(entry, V2_ROOT)),
      }),
      ...(parts.totals && (await unitTotals(database, view))),
    });
  });
  return Promise.all(documents);
}

async function unitTotals(database: Queryable, view: RepositoryView) {
  const total = Object.values(view.present).reduce((sum, count) => sum + count, 0);
  return { locally_stored_units: await countLocalUnits(database, view.id), total_repository_units: total };
}

type Extras = {
  distributors?: JsonObject[];
  importers?: JsonObject[];
  locally_stored_units?: number;
  total_repository_units?: number;
};

function presentRepository(mappings: Mappings, view: RepositoryView, extras: Extras): RepositoryDocument {
  const { distributors, importers, ...totals } = extras;
  return {
    scratchpad: view.stored ? view.scratchpad : {},
    display_name: view.stored ? view.display_name : view.name,
    description: view.description,
    ...(distributors && { distributors }),
    last_unit_added: v2Time(view.content_added_at),
    notes: notesOf(mappings, view),
    last_unit_removed: v2Time(view.content_removed_at),
    content_unit_counts: unitCounts(mappings, view.present),
    _ns: 'repos',
    ...(importers && { importers }),
    _id: oid(view.object_id ?? objectIdOf(view.id)),
    ...totals,
    id: view.name,
    _href: href('repositories', view.name),
  };
}

/** Repositories that v3 made carry the note that tells pulp-admin their kind. */
export function notesOf(mappings: Mappings, view: RepositoryView): JsonObject {
  if (view.notes) return view.notes;
  const family = mappings.byRepository(view.type);
  return family ? { '_repo-type': family.repository.note } : {};
}

function unitCounts(mappings: Mappings, present: Counts): JsonObject {
  const counts = Object.entries(present).map(([type, count]) => [mappings.byContent(type)?.unit.v2_type, count]);
  return Object.fromEntries(counts.filter(([type]) => type !== undefined));
}
