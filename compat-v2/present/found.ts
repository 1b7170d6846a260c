import type { Queryable } from '../../src/platform/postgres/database.ts';
import { emptySql, sql } from '../../src/platform/postgres/sql.ts';
import { type JsonObject, V2_ROOT, type V2App } from '../operation.ts';
import { type Distributor, loadDistributors } from '../store/distributors.ts';
import { selectRepositories } from '../store/repositories.ts';
import { presentDistributor } from './distributor.ts';
import { presentRepositories, type RepositoryParts } from './repository.ts';

/** Documents of repositories by their ids in the core, in the order of the ids; those that are gone are left out. */
export async function repositoryDocuments(
  v2: V2App,
  database: Queryable,
  ids: readonly string[],
  parts: RepositoryParts,
): Promise<JsonObject[]> {
  const views = await selectRepositories(database, sql`r.id = any (${ids}::uuid[])`, emptySql);
  const documents = await presentRepositories(v2, database, views, parts);
  const byId = new Map(views.map((view, index) => [view.id, documents[index]]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** A distributor found by a search: `id` is that of its v2_distributor row, or of the distribution that v3 made. */
export type FoundDistributor = { readonly repositoryId: string; readonly id: string };

/** Documents of distributors in the order given; those that are gone are left out. */
export async function distributorDocuments(
  v2: V2App,
  database: Queryable,
  found: readonly FoundDistributor[],
): Promise<JsonObject[]> {
  const repositoryIds = [...new Set(found.map(({ repositoryId }) => repositoryId))];
  const views = await selectRepositories(database, sql`r.id = any (${repositoryIds}::uuid[])`, emptySql);
  const all = [...(await loadDistributors(v2, database, views)).values()].flat();
  const byId = new Map(all.map((distributor) => [keyOf(distributor), distributor]));
  return found.flatMap(({ id }) => {
    const distributor = byId.get(id);
    return distributor ? presentDistributor(distributor, V2_ROOT) : [];
  });
}

function keyOf({ rowId, distribution }: Distributor): string {
  return rowId ?? distribution?.id ?? '';
}
