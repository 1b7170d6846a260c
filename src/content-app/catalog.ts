import type { DistributionRow } from '../core/distribution/types.ts';
import { presentAt } from '../core/repository/membership.ts';
import type { Queryable } from '../platform/postgres/database.ts';
import { type Sql, sql } from '../platform/postgres/sql.ts';
import type { ListingEntry } from './listing.ts';
import type { Mount } from './target.ts';

/** A distribution, and the part of the path below the mount by which it was found. */
export interface FoundDistribution extends DistributionRow {
  base: string;
}

/** A publication and where the content of its version is. */
export interface ServedPublication {
  id: string;
  pass_through: boolean;
  repository_id: string;
  number: number;
  created: string;
}

/** What a path stands for: stored bytes, or a path of on-demand content. */
export interface FoundFile {
  sha256: string | null;
  size: number | null;
  content_artifact_id: string | null;
}

/** The distribution with the longest base path or alias that the path begins with. */
export function findDistribution(database: Queryable, mount: Mount, path: string): Promise<FoundDistribution | null> {
  const bases = prefixesOf(path);
  const root = mount.prefix.slice(1);
  const aliases = bases.map((base) => root + base);
  return database.find<FoundDistribution>(sql`
    select distribution.*, found.base from (
      select id, base_path as base, 1 as rank from distribution
      where base_path = any (${bases}::text[]) and ${ofMount(mount)}
      union all
      select distribution_id, substr(path, ${root.length + 1}), 0 from distribution_alias
      where path = any (${aliases}::text[])
    ) found join distribution using (id)
    order by length(found.base) desc, rank limit 1`);
}

/** Names directly below a folder above the base paths, each once; hidden distributions are left out. */
export async function listDistributions(database: Queryable, mount: Mount, folder: string): Promise<ListingEntry[]> {
  const root = mount.prefix.slice(1);
  const rows = await database.query<{ name: string }>(sql`
    select distinct split_part(substr(path, ${folder.length + 1}), '/', 1) collate "C" as name from (
      select base_path as path from distribution where not hidden and ${ofMount(mount)}
      union all
      select substr(alias.path, ${root.length + 1}) from distribution_alias alias
      join distribution on distribution.id = distribution_id
      where not hidden and starts_with(alias.path, ${root})
    ) paths
    where starts_with(path, ${folder}) order by name`);
  return rows.map(({ name }) => ({ name: `${name}/`, added: null, size: null }));
}

/** Whether base paths lie below a folder, hidden ones too. */
export async function isAboveDistributions(database: Queryable, mount: Mount, folder: string): Promise<boolean> {
  const { found } = await database.one<{ found: boolean }>(sql`
    select exists (select from distribution where starts_with(base_path, ${folder}) and ${ofMount(mount)})
      or exists (select from distribution_alias where starts_with(path, ${mount.prefix.slice(1) + folder})) as found`);
  return found;
}

/** What a distribution serves: its publication, or the newest of its version or of its repository (v3-api.md 4.2). */
export function findPublication(database: Queryable, source: DistributionRow): Promise<ServedPublication | null> {
  const { publication_id: publication, repository_version_id: version, repository_id: repository } = source;
  if (publication) return newestPublication(database, sql`publication.id = ${publication}`);
  if (version) return newestPublication(database, sql`publication.repository_version_id = ${version}`);
  if (repository) return newestPublication(database, sql`version.repository_id = ${repository}`);
  return Promise.resolve(null);
}

/** Checkpoints of a repository, oldest first. */
export function listCheckpoints(database: Queryable, repositoryId: string): Promise<ServedPublication[]> {
  return database.query<ServedPublication>(sql`
    ${PUBLICATIONS} where version.repository_id = ${repositoryId} and publication.checkpoint
    order by publication.created`);
}

/** The first of these paths that the publication has. */
export function findFile(database: Queryable, publication: ServedPublication, path: string): Promise<FoundFile | null> {
  const { id, pass_through: passThrough, repository_id: repository, number } = publication;
  return database.find<FoundFile>(sql`
    select sha256, size, content_artifact_id from (
      select 0 as rank, artifact.sha256, artifact.size, null::uuid as content_artifact_id
      from published_metadata join artifact on artifact.id = artifact_id
      where publication_id = ${id} and relative_path = ${path}
      union all
      select 1, artifact.sha256, artifact.size, place.id
      from published_artifact published join content_artifact place on place.id = content_artifact_id
      left join artifact on artifact.id = place.artifact_id
      where publication_id = ${id} and published.relative_path = ${path}
      union all
      select 2, artifact.sha256, artifact.size, place.id
      from content_artifact place join repository_content rc on rc.content_id = place.content_id
      left join artifact on artifact.id = place.artifact_id
      where ${passThrough} and place.relative_path = ${path}
        and rc.repository_id = ${repository} and ${presentAt(number)}
    ) found order by rank limit 1`);
}

/** What lies directly in a folder ('' or ending in a slash), sorted by name; sizes of on-demand files are the remotes'. */
export function listFolder(
  database: Queryable,
  publication: ServedPublication,
  folder: string,
): Promise<ListingEntry[]> {
  return database.query<ListingEntry>(sql`
    select name, max(added) as added, case when name not like '%/' then max(size) end as size
    from (
      select split_part(rest, '/', 1) || case when rest like '%/%' then '/' else '' end as name, added, size from (
        select substr(relative_path, ${folder.length + 1}) as rest, added, size from (${filesOf(publication)}) files
        where starts_with(relative_path, ${folder})
      ) rests
    ) names
    group by name order by name collate "C"`);
}

/** Whether anything lies in a folder (ending in a slash). */
export async function isFolder(database: Queryable, publication: ServedPublication, folder: string): Promise<boolean> {
  const { found } = await database.one<{ found: boolean }>(sql`
    select exists (
      select from (${filesOf(publication)}) files where starts_with(relative_path, ${folder})
    ) as found`);
  return found;
}

/** `select relative_path, added, size` of everything that a publication serves. */
function filesOf({ id, pass_through: passThrough, repository_id: repository, number }: ServedPublication): Sql {
  return sql`
    select relative_path, published_metadata.created as added, size
    from published_metadata join artifact on artifact.id = artifact_id where publication_id = ${id}
    union all
    select published.relative_path, rc.created, ${SIZE}
    from published_artifact published join content_artifact place on place.id = published.content_artifact_id
    join repository_content rc on rc.content_id = place.content_id
    left join artifact on artifact.id = place.artifact_id
    where publication_id = ${id} and rc.repository_id = ${repository} and ${presentAt(number)}
    union all
    select place.relative_path, rc.created, ${SIZE}
    from repository_content rc join content_artifact place on place.content_id = rc.content_id
    left join artifact on artifact.id = place.artifact_id
    where ${passThrough} and rc.repository_id = ${repository} and ${presentAt(number)}`;
}

const PUBLICATIONS: Sql = sql`
  select publication.id, publication.pass_through, publication.created, version.repository_id, version.number
  from publication join repository_version version on version.id = publication.repository_version_id`;

const SIZE: Sql = sql`coalesce(artifact.size,
  (select max(source.size) from remote_artifact source where source.content_artifact_id = place.id))`;

function newestPublication(database: Queryable, condition: Sql): Promise<ServedPublication | null> {
  return database.find<ServedPublication>(
    sql`${PUBLICATIONS} where ${condition} order by version.number desc, publication.created desc limit 1`,
  );
}

function ofMount({ types }: Mount): Sql {
  return types === null ? sql`true` : sql`distribution.type = any (${types}::text[])`;
}

/** A base path of more segments is not found: a request line of slashes alone must not become megabytes of SQL. */
const DEEPEST = 50;

/** `a/b/c` → a, a/b, a/b/c; doubled slashes end a base path like one. */
function prefixesOf(path: string): string[] {
  const prefixes: string[] = [];
  for (let end = path.indexOf('/'); end >= 0 && prefixes.length < DEEPEST; end = path.indexOf('/', end + 1)) {
    prefixes.push(path.slice(0, end));
  }
  if (!path.endsWith('/') && prefixes.length < DEEPEST) prefixes.push(path);
  return prefixes;
}
