import { existsSync } from 'node:fs';
import { distributorToPublisher } from '../../mapping/distributor.ts';
import { importerToRemote } from '../../mapping/importer.ts';
import type { Mappings } from '../../mapping/load.ts';
import type { FamilyMapping } from '../../mapping/types.ts';
import type { ContentRoot } from '../content-root.ts';
import { checkSchemaLevel } from '../schema-level.ts';
import { type CollectionInfo, SourceError, type V2Document, type V2Source } from '../sources/source.ts';
import { familyByContent, type SurveyedRepository, surveyRepositories } from '../survey.ts';
import { dateOf, idOf, objectOf, textOf } from '../values.ts';
import { type ContentInventory, readContent } from './content-inventory.ts';
import { estimateSeconds } from './estimate.ts';
import type { Inventory, RepositoryInventory, TypeInventory } from './inventory-types.ts';
import { makeFeedRewriter, type PlanFile, rewriteFeed, unknownIds } from './plan-file.ts';
import { SetAsideList } from './set-aside-list.ts';

export type InventoryOptions = {
  readonly source: V2Source;
  readonly files: ContentRoot;
  readonly plan: PlanFile;
  readonly mappings: Mappings;
};

/** Reads a source once and says what would happen to it. Writes nothing anywhere. */
export async function readInventory(options: InventoryOptions): Promise<Inventory> {
  const { source, files, plan, mappings } = options;
  const setAside = new SetAsideList();
  const survey = await surveyRepositories(source, mappings, plan);
  const unknown = unknownIds(plan, (id) => survey.repositories.has(id));
  if (unknown.length > 0)
    throw new SourceError(`the plan names repositories that are not there: ${unknown.join(', ')}`);
  const { repositories } = survey;
  const content = await readContent({ source, mappings, files, orphans: plan.orphans, setAside, repositories });
  const rewrite = makeFeedRewriter(plan);
  const list = [...repositories.values()].map((entry) =>
    describeRepository(entry, content, mappings, rewrite, setAside),
  );
  for (const { kind, id, repoId } of survey.stray)
    setAside.add(kind, 'dangling_repository', { id, repository: repoId });
  const collections = await source.collections();
  const types = describeTypes(collections, content, mappings, setAside);
  return {
    source: source.describe(),
    content_root: files.folder,
    warnings: [...source.warnings(), ...missingFolder(files), ...(await checkSchemaLevel(source))],
    repositories: list,
    types,
    other_collections: otherCollections(collections),
    set_aside: setAside.list(),
    totals: total(list, types),
  };
}

function missingFolder({ folder }: ContentRoot): string[] {
  return existsSync(folder) ? [] : [`${folder} is not there: only on-demand content can move`];
}

function describeRepository(
  repository: SurveyedRepository,
  content: ContentInventory,
  mappings: Mappings,
  rewrite: (url: string) => string,
  setAside: SetAsideList,
): RepositoryInventory {
  const counts = Object.fromEntries(content.associations.get(repository.id) ?? []);
  const family = repository.family ?? familyByContent(Object.keys(counts), mappings);
  const reason = repository.reason === 'no_type' && family ? null : repository.reason;
  if (reason) setAside.add('repository', reason, { id: repository.id, detail: kindOf(repository) });
  const [importer] = repository.importers;
  return {
    id: repository.id,
    moves: reason === null,
    reason,
    family: family?.family ?? null,
    content: counts,
    importer: importer ? describeImporter(importer, reason === null ? family : null, rewrite) : null,
    distributors: repository.distributors.map((distributor) => {
      return describeDistributor(distributor, repository.id, mappings, reason === null, setAside);
    }),
  };
}

/** What kind of repository it says it is, for people. */
function kindOf(repository: SurveyedRepository): string {
  const note = textOf(objectOf(repository.document.notes)['_repo-type']);
  return (
    note ??
    textOf(repository.importers[0]?.importer_type_id) ??
    textOf(repository.distributors[0]?.distributor_type_id) ??
    ''
  );
}

function describeImporter(
  importer: V2Document,
  family: FamilyMapping | null,
  rewrite: (url: string) => string,
): RepositoryInventory['importer'] {
  const type = textOf(importer.importer_type_id) ?? '';
  if (!family) return { type, feed: null, url: null, policy: null, dropped: [] };
  const { remote, dropped } = importerToRemote(family.importer, rewriteFeed(objectOf(importer.config), rewrite));
  const feed = remote?.url.replace(/PULP_MANIFEST(?=$|[?#])/, '') ?? null;
  return { type, feed, url: remote?.url ?? null, policy: remote?.policy ?? null, dropped };
}

function describeDistributor(
  distributor: V2Document,
  repoId: string,
  mappings: Mappings,
  moves: boolean,
  setAside: SetAsideList,
): RepositoryInventory['distributors'][number] {
  const id = textOf(distributor.distributor_id) ?? idOf(distributor._id) ?? '';
  const type = textOf(distributor.distributor_type_id) ?? '';
  const published = dateOf(distributor.last_publish) !== null;
  const mapping = mappings.byDistributor(type)?.distributor;
  if (!moves || !mapping?.keys) {
    const reason = moves ? 'no_counterpart' : 'repository_set_aside';
    setAside.add('distributor', reason, { id, repository: repoId, detail: mapping?.dropped ?? type });
    return { id, type, moves: false, reason, base_path: null, published, dropped: [] };
  }
  const { distribution, guarded, dropped } = distributorToPublisher(mapping, objectOf(distributor.config), repoId);
  if (guarded) setAside.add('distribution', 'guarded', { id, repository: repoId });
  const reason = guarded ? ('guarded' as const) : null;
  return { id, type, moves: true, reason, base_path: distribution.base_path, published, dropped };
}

function describeTypes(
  collections: readonly CollectionInfo[],
  content: ContentInventory,
  mappings: Mappings,
  setAside: SetAsideList,
): TypeInventory[] {
  const associations = new Map<string, number>();
  for (const byType of content.associations.values()) {
    for (const [type, count] of byType) associations.set(type, (associations.get(type) ?? 0) + count);
  }
  const types = collections.filter(({ name }) => name.startsWith('units_'));
  return types.flatMap(({ name, documents }) => {
    const type = name.slice('units_'.length);
    const count = content.counts.get(type);
    const units = count?.units ?? documents ?? 0;
    if (units === 0 && !associations.has(type)) return [];
    const moves = mappings.byUnit(type) !== undefined;
    if (!moves) setAside.addMany(type, 'unmapped_type', units);
    const none = { selected: 0, with_file: 0, on_demand: 0, bytes: 0, on_demand_bytes: 0 };
    const own = { set_aside: setAside.count(type), associations: associations.get(type) ?? 0 };
    return [{ type, moves, ...none, ...count, units, ...own }];
  });
}

function otherCollections(collections: readonly CollectionInfo[]): Record<string, number> {
  const others = collections.filter(({ name, documents }) => !name.startsWith('units_') && documents !== 0);
  return Object.fromEntries(others.map(({ name, documents }) => [name, documents ?? -1]));
}

function total(repositories: readonly RepositoryInventory[], types: readonly TypeInventory[]): Inventory['totals'] {
  const sum = (pick: (type: TypeInventory) => number) => types.reduce((so, type) => so + pick(type), 0);
  const sums = {
    repositories: repositories.length,
    repositories_moving: repositories.filter((repository) => repository.moves).length,
    units: sum((type) => type.units),
    units_moving: sum((type) => type.with_file + type.on_demand),
    bytes: sum((type) => type.bytes),
    on_demand_bytes: sum((type) => type.on_demand_bytes),
  };
  return { ...sums, seconds: estimateSeconds(sums) };
}
