import { emptySql, type Sql, sql } from '../platform/postgres/sql.ts';
import type { Resource } from './declare/types.ts';

interface View {
  table: Sql;
  /** Selected beside `t.*`. */
  columns: Sql;
  joins: Sql;
}

function view(table: Sql, columns: Sql, joins: Sql = emptySql): View {
  return { table, columns, joins };
}

const NONE = sql`null as nothing`;
const VERSION_JOIN = sql`join repository_version v on v.id = t.repository_version_id join repository r on r.id = v.repository_id`;

const VIEWS: Record<string, View> = {
  acs: view(
    sql`alternate_content_source`,
    sql`r.type as remote_type, (select coalesce(array_agg(path order by path collate "C"), '{}')
      from alternate_content_path where source_id = t.id) as paths`,
    sql`join remote r on r.id = t.remote_id`,
  ),
  artifact: view(sql`artifact`, NONE),
  content: view(
    sql`content`,
    sql`file.artifact_id, file.md5, file.sha1, file.sha224, file.sha384, file.sha512`,
    sql`left join lateral (
      select ca.artifact_id, a.md5, a.sha1, a.sha224, a.sha384, a.sha512
      from content_artifact ca left join artifact a on a.id = ca.artifact_id where ca.content_id = t.id limit 1) file on true`,
  ),
  anyContent: view(
    sql`content`,
    sql`(select coalesce(json_object_agg(ca.relative_path, ca.artifact_id), '{}'::json)
      from content_artifact ca where ca.content_id = t.id) as artifact_ids`,
  ),
  distribution: view(
    sql`distribution`,
    sql`r.type as repository_type, p.type as publication_type, g.type as content_guard_type,
      v.number as version_number, vr.id as version_repository_id, vr.type as version_repository_type`,
    sql`left join repository r on r.id = t.repository_id left join publication p on p.id = t.publication_id
      left join content_guard g on g.id = t.content_guard_id
      left join repository_version v on v.id = t.repository_version_id left join repository vr on vr.id = v.repository_id`,
  ),
  group: view(sql`account_group`, NONE),
  guard: view(
    sql`content_guard`,
    sql`(select coalesce(json_agg(json_build_object('id', a.id, 'name', a.username) order by a.id), '[]'::json)
      from role_assignment ra join role on role.id = ra.role_id join account a on a.id = ra.account_id
      where ra.object = 'prn:core.rbaccontentguard:' || t.id and 'core.download_rbaccontentguard' = any (role.permissions)) as users,
      (select coalesce(json_agg(json_build_object('id', g.id, 'name', g.name) order by g.id), '[]'::json)
      from role_assignment ra join role on role.id = ra.role_id join account_group g on g.id = ra.group_id
      where ra.object = 'prn:core.rbaccontentguard:' || t.id and 'core.download_rbaccontentguard' = any (role.permissions)) as groups`,
  ),
  publication: view(
    sql`publication`,
    sql`v.number as version_number, v.repository_id, r.type as repository_type,
      (select coalesce(json_agg(json_build_object('id', d.id, 'type', d.type) order by d.created), '[]'::json)
      from distribution d where d.publication_id = t.id) as distributions`,
    VERSION_JOIN,
  ),
  publisher: view(sql`publisher`, sql`r.type as repository_type`, sql`join repository r on r.id = t.repository_id`),
  remote: view(sql`remote`, NONE),
  repository: view(
    sql`repository`,
    sql`(select max(v.number) from repository_version v where v.repository_id = t.id) as latest_number,
      (select remote.type from remote where remote.id = t.remote_id) as remote_type`,
  ),
  role: view(sql`role`, NONE),
  migration: view(sql`migration`, NONE),
  schedule: view(sql`schedule`, NONE),
  task: view(
    sql`task`,
    sql`(select coalesce(json_agg(json_build_object('message', p.message, 'code', p.code, 'state', p.state,
        'total', p.total, 'done', p.done, 'suffix', p.suffix) order by p.seq), '[]'::json)
      from progress_report p where p.task_id = t.id) as progress_reports,
      (select coalesce(json_agg(child.id order by child.seq), '[]'::json)
      from task child where child.parent_id = t.id) as child_ids`,
  ),
  task_group: view(
    sql`task_group`,
    sql`s.*, (select coalesce(json_agg(json_build_object('message', g.message, 'code', g.code, 'total', g.total,
        'done', g.done, 'suffix', g.suffix) order by g.code), '[]'::json)
      from group_progress_report g where g.group_id = t.id) as group_progress_reports`,
    sql`, lateral (
      select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'skipped') as skipped,
        count(*) filter (where state = 'running') as running, count(*) filter (where state = 'completed') as completed,
        count(*) filter (where state = 'canceled') as canceled, count(*) filter (where state = 'failed') as failed,
        count(*) filter (where state = 'canceling') as canceling,
        coalesce(array_agg(task.id::text order by task.seq), '{}') as member_ids
      from task where task.group_id = t.id) s`,
  ),
  upload: view(
    sql`upload`,
    sql`(select coalesce(json_agg(json_build_object('offset', c.chunk_offset, 'size', c.size) order by c.chunk_offset),
      '[]'::json) from upload_chunk c where c.upload_id = t.id) as chunks`,
  ),
  user: view(
    sql`account`,
    sql`(select coalesce(json_agg(json_build_object('id', g.id, 'name', g.name) order by g.id), '[]'::json)
      from group_member m join account_group g on g.id = m.group_id where m.account_id = t.id) as groups`,
  ),
  user_role: view(
    sql`role_assignment`,
    sql`role.name as role, role.description, role.permissions, t.object as content_object_prn, null as domain`,
    sql`join role on role.id = t.role_id`,
  ),
  version: view(
    sql`repository_version`,
    sql`r.type as repository_type, b.number as base_number, b.repository_id as base_repository_id,
      br.type as base_repository_type`,
    sql`join repository r on r.id = t.repository_id left join repository_version b on b.id = t.base_version_id
      left join repository br on br.id = b.repository_id`,
  ),
  worker: view(
    sql`app_status`,
    sql`(select task.id from task where task.worker_id = t.id and task.state in ('running', 'canceling') limit 1)
      as current_task_id`,
  ),
};

function viewOf(resource: Resource): View {
  const name = resource.kind === 'content' && resource.type === null ? 'anyContent' : (resource.kind ?? '');
  const found = VIEWS[name];
  if (!found) throw new Error(`${resource.name} has no table.`);
  return found;
}

/** `select … from <table> t …`, to be followed by a where clause. */
export function selectOf(resource: Resource): Sql {
  const { table, columns, joins } = viewOf(resource);
  return sql`select t.*, ${columns} from ${table} t ${joins}`;
}

/** One page of a list: what is selected beside `t.*` is looked up for the rows of the page alone. */
export function selectPage(resource: Resource, where: Sql, order: Sql, page: { limit: number; offset: number }): Sql {
  const { table, columns, joins } = viewOf(resource);
  return sql`select t.*, ${columns} from (
      select t.* from ${table} t where ${where} order by ${order} limit ${page.limit} offset ${page.offset}
    ) t ${joins} order by ${order}`;
}

/** `select count(*) …` of the same rows. */
export function countOf(resource: Resource): Sql {
  return sql`select count(*) as count from ${viewOf(resource).table} t`;
}

/** What all rows of a resource have in common. */
export function scopeOf(resource: Resource): Sql[] {
  const scope: Sql[] = [];
  if (resource.type !== null && resource.kind !== 'version') scope.push(sql`t.type = ${resource.type}`);
  if (resource.kind === 'repository') scope.push(sql`not t.hidden`);
  if (resource.kind === 'version' && resource.type === null) {
    scope.push(sql`t.repository_id not in (select id from repository where hidden)`);
  }
  if (resource.kind === 'worker') scope.push(sql`t.kind = 'worker'`);
  if (resource.taskName !== null) scope.push(sql`t.name = ${resource.taskName}`);
  return scope;
}

/** The order of a list that asks for none, and what breaks ties of others: the newest first. */
export function defaultOrder(resource: Resource): Sql {
  if (resource.kind === 'user' || resource.kind === 'group') return sql`t.id desc`;
  if (resource.kind === 'version') return sql`t.created desc, t.number desc`;
  return sql`t.created desc, t.id desc`;
}
