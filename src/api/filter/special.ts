import { invalidList } from '../../core/errors.ts';
import { contentAdded, contentOfVersion, contentRemoved, presentAt } from '../../core/repository/membership.ts';
import { previousNumber } from '../../core/repository/reader.ts';
import { allOf, type Sql, sql } from '../../platform/postgres/sql.ts';
import type { Api } from '../api.ts';
import { filteredId, findTarget } from '../references.ts';

type SpecialFilter = (api: Api, values: readonly unknown[]) => Promise<Sql> | Sql;

/** Filters that look into other tables, by the names that declarations use. Table `t` is that of the resource. */
export const SPECIAL_FILTERS: Record<string, SpecialFilter> = {
  repository_with_content: async (api, [href]) => sql`exists (
    select from repository_content rc join repository_version v on v.repository_id = t.id
    where rc.repository_id = t.id and rc.content_id = ${await filteredId(api, 'content', `${href}`)}
      and ${presentAt(sql`v.number`)})`,
  repository_latest_with_content: async (api, [href]) => sql`exists (
    select from repository_content rc where rc.repository_id = t.id and rc.version_removed is null
      and rc.content_id = ${await filteredId(api, 'content', `${href}`)})`,
  version_content: async (api, hrefs) => sql`exists (
    select from repository_content rc where rc.repository_id = t.repository_id and ${presentAt(sql`t.number`)}
      and rc.content_id = any (${await contentIds(api, hrefs)}::uuid[]))`,
  publication_repository: async (api, [href]) => sql`t.repository_version_id in (
    select id from repository_version where repository_id = ${await filteredId(api, 'repository', `${href}`)})`,
  publication_version: async (api, [href]) => {
    const { repositoryId, number } = await versionOf(api, `${href}`);
    return sql`t.repository_version_id = (
      select id from repository_version where repository_id = ${repositoryId} and number = ${number})`;
  },
  publication_content: async (api, hrefs) => sql`exists (
    select from repository_version v join repository_content rc on rc.repository_id = v.repository_id
    where v.id = t.repository_version_id and ${presentAt(sql`v.number`)}
      and rc.content_id = any (${await contentIds(api, hrefs)}::uuid[]))`,
  distribution_with_content: async (api, [href]) => distributionWith(await filteredId(api, 'content', `${href}`)),
  content_in_version: async (api, [href]) => {
    const { repositoryId, number } = await versionOf(api, `${href}`);
    return sql`t.id in (${contentOfVersion(repositoryId, number)})`;
  },
  content_added: async (api, [href]) => {
    const { repositoryId, number } = await versionOf(api, `${href}`);
    const previous = await previousNumber(api.database, repositoryId, number);
    return sql`t.id in (${contentAdded(repositoryId, number, previous)})`;
  },
  content_removed: async (api, [href]) => {
    const { repositoryId, number } = await versionOf(api, `${href}`);
    const previous = await previousNumber(api.database, repositoryId, number);
    return sql`t.id in (${contentRemoved(repositoryId, number, previous)})`;
  },
  content_added_between: (api, hrefs) => between(api, hrefs, contentAdded),
  content_removed_between: (api, hrefs) => between(api, hrefs, contentRemoved),
  content_orphaned_for: (
    api,
    [minutes],
  ) => sql`not exists (select from repository_content rc where rc.content_id = t.id)
    and t.timestamp_of_interest < clock_timestamp() - make_interval(mins => ${protection(api, minutes)}::int)`,
  artifact_orphaned_for: (
    api,
    [minutes],
  ) => sql`not exists (select from content_artifact ca where ca.artifact_id = t.id)
    and not exists (select from published_metadata pm where pm.artifact_id = t.id)
    and t.timestamp_of_interest < clock_timestamp() - make_interval(mins => ${protection(api, minutes)}::int)`,
  artifact_in_version: async (api, [href]) => {
    const { repositoryId, number } = await versionOf(api, `${href}`);
    return sql`t.id in (select artifact_id from content_artifact
      where content_id in (${contentOfVersion(repositoryId, number)}))`;
  },
  task_worker: async (api, [href]) =>
    href === 'null' ? sql`t.worker_id is null` : sql`t.worker_id = ${await filteredId(api, 'worker', `${href}`)}`,
  task_children: async (api, [href]) =>
    sql`t.id = (select parent_id from task child where child.id = ${await filteredId(api, 'task', `${href}`)})`,
  task_created: async (api, [href]) => sql`t.created_resources @> ${[await resourceName(api, `${href}`)]}::text[]`,
  task_reserved: (api, names) => reserved(api, names, ['', 'shared:']),
  task_exclusive: (api, names) => reserved(api, names, ['']),
  task_shared: (api, names) => reserved(api, names, ['shared:']),
  role_with_permissions: (_api, names) => sql`t.permissions && ${names.map(String)}::text[]`,
  worker_online: (api, [online]) => (online ? alive(api) : sql`not ${alive(api)}`),
  worker_missing: (api, [missing]) => (missing ? sql`not ${alive(api)}` : alive(api)),
};

function alive(api: Api): Sql {
  return sql`(t.last_heartbeat >= clock_timestamp() - make_interval(secs => ${api.settings.workerTtl}))`;
}

function protection(api: Api, minutes: unknown): number {
  const asked = Math.min(Number(minutes), 2 ** 31 - 1);
  return asked < 0 ? api.settings.orphanProtectionMinutes : Math.trunc(asked);
}

async function contentIds(api: Api, hrefs: readonly unknown[]): Promise<string[]> {
  const ids: string[] = [];
  for (const href of hrefs) ids.push(await filteredId(api, 'content', `${href}`));
  return ids;
}

/** A version, or the latest one of a repository. */
async function versionOf(api: Api, text: string): Promise<{ repositoryId: string; number: number }> {
  const found = await findTarget(api, text);
  if (found === 'no match') throw invalidList(`URI not valid: ${text}`);
  if (found !== 'missing' && found.kind === 'repository') {
    const latest = await api.database.one<{ number: number }>(
      sql`select max(number) as number from repository_version where repository_id = ${found.id}`,
    );
    return { repositoryId: found.id, number: latest.number };
  }
  if (found === 'missing' || found.repositoryId === null || found.number === null) {
    throw invalidList(`URI ${text} not found for repositoryversion.`);
  }
  return { repositoryId: found.repositoryId, number: found.number };
}

async function between(
  api: Api,
  hrefs: readonly unknown[],
  difference: (repositoryId: string, number: number, previous: number) => Sql,
): Promise<Sql> {
  if (hrefs.length !== 2) throw invalidList('Range query expects two values.');
  const [from, to] = hrefs;
  const first = await versionOf(api, `${from}`);
  const second = await versionOf(api, `${to}`);
  if (first.repositoryId !== second.repositoryId) {
    throw invalidList('Two versions of one repository are needed.');
  }
  return sql`t.id in (${difference(second.repositoryId, second.number, first.number)})`;
}

function distributionWith(contentId: string): Sql {
  const inVersion = sql`exists (select from repository_content rc join repository_version v
    on v.repository_id = rc.repository_id and ${presentAt(sql`v.number`)}
    where rc.content_id = ${contentId} and`;
  return sql`(
    ${inVersion} v.id = t.repository_version_id)
    or ${inVersion} v.id = (select repository_version_id from publication where publication.id = t.publication_id))
    or ${inVersion} v.id = coalesce(
      (select p.repository_version_id from publication p join repository_version pv on pv.id = p.repository_version_id
        where pv.repository_id = t.repository_id order by pv.number desc limit 1),
      (select latest.id from repository_version latest where latest.repository_id = t.repository_id
        order by latest.number desc limit 1))))`;
}

/** As task rows name resources: a PRN; what is no href stays as it is and finds nothing, or a pdrn. */
async function resourceName(api: Api, text: string): Promise<string> {
  const target = api.hrefs.parse(text);
  if (!target) return text;
  if ('id' in target) return api.hrefs.prn(target.kind, target.type, target.id);
  const found = await findTarget(api, text);
  return typeof found === 'string' ? text : api.hrefs.prn('version', null, found.id);
}

/** Tasks that hold all of the resources, in one of the ways. */
async function reserved(api: Api, names: readonly unknown[], prefixes: readonly string[]): Promise<Sql> {
  const conditions: Sql[] = [];
  for (const name of names) {
    const resource = await resourceName(api, `${name}`);
    conditions.push(sql`t.reserved_resources_record && ${prefixes.map((prefix) => prefix + resource)}::text[]`);
  }
  return allOf(conditions);
}
