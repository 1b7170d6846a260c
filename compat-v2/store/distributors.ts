import type { Json } from '../../src/core/task/types.ts';
import { publisherToDistributor } from '../../src/mapping/distributor.ts';
import type { DistributorMapping, Kept } from '../../src/mapping/types.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import { type Sql, sql } from '../../src/platform/postgres/sql.ts';
import { missingResource } from '../errors.ts';
import { objectIdOf } from '../object-id.ts';
import type { JsonObject, V2App } from '../operation.ts';
import type { RepositoryView } from './repositories.ts';

/**
 * A repository's distributor: a publisher with its distribution and a row of v2's own; or a distribution that v3 made
 * for the repository, which has only itself.
 */
export type Distributor = {
  readonly repository: RepositoryView;
  /** Of its row in v2_distributor; null when v3 made it and v2 never wrote to it. */
  readonly rowId: string | null;
  readonly objectId: string;
  readonly id: string;
  readonly mapping: DistributorMapping;
  readonly config: JsonObject;
  readonly autoPublish: boolean;
  readonly scratchpad: Json;
  readonly lastPublish: string | null;
  readonly lastUpdated: string;
  readonly lastOverride: JsonObject;
  readonly publisher: { readonly id: string; readonly type: string } | null;
  readonly distribution: ServedPath | null;
};

/** `follows`: the distribution serves whatever is newest in the repository, as v3 clients set it up. */
export type ServedPath = { readonly id: string; readonly base_path: string; readonly follows: boolean };

type DistributorRow = {
  repository_id: string;
  row_id: string | null;
  object_id: string | null;
  id: string;
  type_id: string | null;
  kept: Kept | null;
  scratchpad: Json;
  autopublish: boolean | null;
  last_publish: string | null;
  last_updated: string;
  last_override_config: JsonObject | null;
  publisher_id: string | null;
  publisher_type: string | null;
  distribution_id: string | null;
  base_path: string | null;
  follows: boolean | null;
};

/**
 * What a column is compared with. For a single repository PostgreSQL keeps the plan of the statement; for a list it
 * plans anew each time, which takes longer than the rest (measured: 10 ms, and 0.2 ms).
 */
function oneOf(ids: readonly string[]): Sql {
  return ids.length === 1 ? sql`= ${ids[0]}::uuid` : sql`= any (${ids}::uuid[])`;
}

/** Those that v2 or a migration made. */
function storedRows(wanted: Sql): Sql {
  return sql`
    select d.repository_id, d.id as row_id, d.object_id, d.distributor_id as id, d.distributor_type_id as type_id,
      d.kept, d.scratchpad, p.autopublish, d.last_publish, d.last_updated, d.last_override_config,
      p.id as publisher_id, p.type as publisher_type, s.id as distribution_id, s.base_path,
      s.repository_id is not null as follows, d.id as place
    from v2_distributor d join publisher p on p.id = d.publisher_id left join distribution s on s.id = d.distribution_id
    where d.repository_id ${wanted}`;
}

function newestPublication(repositoryId: Sql): Sql {
  return sql`(
    select max(publication.created) from publication join repository_version version
      on version.id = publication.repository_version_id
    where version.repository_id = ${repositoryId})`;
}

/** By index from the repositories, since there may be thousands of distributions of others. */
function distributionsOf(wanted: Sql): Sql {
  return sql`
    select id from distribution where repository_id ${wanted}
    union all
    select d.id from publisher p join distribution d on d.publisher_id = p.id where p.repository_id ${wanted}
    union all
    select d.id from repository_version v join distribution d on d.repository_version_id = v.id
    where v.repository_id ${wanted}
    union all
    select d.id from repository_version v join publication p on p.repository_version_id = v.id
    join distribution d on d.publication_id = p.id where v.repository_id ${wanted}`;
}

/** Distributions made through v3 whose source is one of the repositories, or a version or publication of it. */
function foreignRows(wanted: Sql): Sql {
  return sql`
    select * from (
      select coalesce(s.repository_id, sv.repository_id, pv.repository_id, p.repository_id) as repository_id,
        null::uuid as row_id, null::char(24) as object_id, s.name as id, null as type_id,
        null::jsonb as kept, '{}'::jsonb as scratchpad, p.autopublish,
        coalesce(published.created, ${newestPublication(sql`s.repository_id`)}) as last_publish,
        s.updated as last_updated, null::jsonb as last_override_config,
        p.id as publisher_id, p.type as publisher_type, s.id as distribution_id, s.base_path,
        s.repository_id is not null as follows, s.id as place
      from distribution s left join repository_version sv on sv.id = s.repository_version_id
      left join publication published on published.id = s.publication_id
      left join repository_version pv on pv.id = published.repository_version_id
      left join publisher p on p.id = s.publisher_id
      where s.id in (${distributionsOf(wanted)})
        and not exists (select from v2_distributor where distribution_id = s.id)
    ) made_by_v3 where repository_id ${wanted}`;
}

/** Distributors by repository id, in the order in which they were made. */
export async function loadDistributors(
  v2: V2App,
  database: Queryable,
  views: readonly RepositoryView[],
): Promise<Map<string, Distributor[]>> {
  const byId = new Map(views.map((view) => [view.id, view]));
  const ids = [...byId.keys()];
  const wanted = oneOf(ids);
  const rows = await database.query<DistributorRow>(
    sql`select * from (${storedRows(wanted)} union all ${foreignRows(wanted)}) distributors order by place`,
  );
  const result = new Map<string, Distributor[]>(ids.map((id) => [id, []]));
  for (const row of rows) {
    const view = byId.get(row.repository_id);
    const distributor = view && assemble(v2, view, row);
    if (distributor) result.get(row.repository_id)?.push(distributor);
  }
  return result;
}

function assemble(v2: V2App, repository: RepositoryView, row: DistributorRow): Distributor | null {
  const mapping =
    row.type_id === null ? ownMapping(v2, repository) : v2.mappings.byDistributor(row.type_id)?.distributor;
  if (!mapping?.keys) return null;
  const { distribution_id: id, base_path, follows } = row;
  const distribution = id !== null && base_path !== null ? { id, base_path, follows: follows === true } : null;
  const config = publisherToDistributor(mapping, distribution, row.kept ?? {}, repository.name);
  return {
    repository,
    rowId: row.row_id,
    objectId: row.object_id ?? objectIdOf(id ?? repository.id),
    id: row.id,
    mapping,
    config: config as JsonObject,
    autoPublish: row.autopublish === true || (distribution?.follows === true && repository.data.autopublish === true),
    scratchpad: row.scratchpad,
    lastPublish: row.last_publish,
    lastUpdated: row.last_updated,
    lastOverride: row.last_override_config ?? {},
    publisher: row.publisher_id && row.publisher_type ? { id: row.publisher_id, type: row.publisher_type } : null,
    distribution,
  };
}

/** How distributions of the repository's plugin are called in v2. */
function ownMapping(v2: V2App, repository: RepositoryView): DistributorMapping | undefined {
  return v2.mappings.byRepository(repository.type)?.distributors.find(({ keys }) => keys !== undefined);
}

export async function listDistributors(v2: V2App, database: Queryable, view: RepositoryView): Promise<Distributor[]> {
  return (await loadDistributors(v2, database, [view])).get(view.id) ?? [];
}

export async function findDistributor(
  v2: V2App,
  database: Queryable,
  view: RepositoryView,
  id: string,
): Promise<Distributor | null> {
  const all = await listDistributors(v2, database, view);
  return all.find((distributor) => distributor.id === id) ?? null;
}

/** 404 `{repo_id, distributor_id}`. */
export async function getDistributor(
  v2: V2App,
  database: Queryable,
  view: RepositoryView,
  id: string,
): Promise<Distributor> {
  const distributor = await findDistributor(v2, database, view, id);
  if (!distributor) throw missingDistributor(view.name, id);
  return distributor;
}

export function missingDistributor(repository: string, id: string) {
  return missingResource({ repo_id: repository, distributor_id: id });
}
