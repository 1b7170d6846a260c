import type { Mappings } from '../mapping/load.ts';
import type { FamilyMapping } from '../mapping/types.ts';
import { makeSelection, type PlanFile } from './plan/plan-file.ts';
import type { Reason } from './reasons.ts';
import { SourceError, type V2Document, type V2Source } from './sources/source.ts';
import { idOf, objectOf, textOf } from './values.ts';

/** A v2 repository with what belongs to it, and whether it moves. */
export type SurveyedRepository = {
  readonly id: string;
  readonly document: V2Document;
  readonly importers: readonly V2Document[];
  readonly distributors: readonly V2Document[];
  /** From the importer, the note, or the distributors; null when none of them tells. */
  readonly family: FamilyMapping | null;
  readonly reason: Reason | null;
};

/** One of which everything is known that it needs to move. */
export type MovingRepository = SurveyedRepository & { readonly family: FamilyMapping };

export type Survey = {
  readonly repositories: ReadonlyMap<string, SurveyedRepository>;
  /** Importers and distributors of repositories that do not exist. */
  readonly stray: readonly {
    readonly kind: 'importer' | 'distributor';
    readonly id: string;
    readonly repoId: string;
  }[];
};

/** Reads repositories, importers and distributors: small collections, held in memory. */
export async function surveyRepositories(source: V2Source, mappings: Mappings, plan: PlanFile): Promise<Survey> {
  const importers = await groupByRepository(source, 'repo_importers');
  const distributors = await groupByRepository(source, 'repo_distributors');
  const repositories = new Map<string, SurveyedRepository>();
  const selects = makeSelection(plan);
  for await (const batch of source.read('repos')) {
    for (const document of batch) {
      const id = textOf(document.repo_id);
      if (id === null)
        throw new SourceError(`a document of the collection repos has no repo_id (${idOf(document._id)})`);
      const own = { id, document, importers: importers.get(id) ?? [], distributors: distributors.get(id) ?? [] };
      importers.delete(id);
      distributors.delete(id);
      const family = tellFamily(own, mappings);
      repositories.set(id, { ...own, family, reason: reasonAgainst(own, family, mappings, selects(id)) });
    }
  }
  return { repositories, stray: [...strays('importer', importers), ...strays('distributor', distributors)] };
}

type Own = Omit<SurveyedRepository, 'family' | 'reason'>;

function tellFamily(own: Own, mappings: Mappings): FamilyMapping | null {
  const byImporter = own.importers.map((importer) => mappings.byImporter(String(importer.importer_type_id)));
  const note = textOf(objectOf(own.document.notes)['_repo-type']);
  const byNote = note === null ? undefined : mappings.byNote(note);
  const byDistributor = own.distributors.map(
    (entry) => mappings.byDistributor(String(entry.distributor_type_id))?.family,
  );
  return [...byImporter, byNote, ...byDistributor].find((family) => family !== undefined) ?? null;
}

function reasonAgainst(own: Own, family: FamilyMapping | null, mappings: Mappings, selected: boolean): Reason | null {
  if (!selected) return 'not_selected';
  if (!/^[.\-_A-Za-z0-9]+$/.test(own.id)) return 'bad_name';
  if (family) return hasForeignImporter(own, mappings) ? 'unmapped_type' : null;
  const note = textOf(objectOf(own.document.notes)['_repo-type']);
  return note === null && own.importers.length === 0 && own.distributors.length === 0 ? 'no_type' : 'unmapped_type';
}

/** The importer decides what a repository is: an rpm repository with a leftover iso note stays behind. */
function hasForeignImporter(own: Own, mappings: Mappings): boolean {
  return own.importers.some((importer) => !mappings.byImporter(String(importer.importer_type_id)));
}

/** A repository of which nothing told the family gets it from the content it holds. */
export function familyByContent(types: readonly string[], mappings: Mappings): FamilyMapping | null {
  const families = new Set(types.map((type) => mappings.byUnit(type)?.family ?? null));
  const [only] = families;
  return families.size === 1 ? (only ?? null) : null;
}

async function groupByRepository(source: V2Source, collection: string): Promise<Map<string, V2Document[]>> {
  const groups = new Map<string, V2Document[]>();
  for await (const batch of source.read(collection)) {
    for (const document of batch) {
      const repoId = textOf(document.repo_id) ?? '';
      const group = groups.get(repoId);
      if (group) group.push(document);
      else groups.set(repoId, [document]);
    }
  }
  return groups;
}

function strays(kind: 'importer' | 'distributor', groups: ReadonlyMap<string, readonly V2Document[]>): Survey['stray'] {
  return [...groups].flatMap(([repoId, documents]) => {
    return documents.map((document) => ({ kind, repoId, id: idOf(document._id) ?? '' }));
  });
}
