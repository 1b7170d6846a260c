import { ORPHAN_CLEANUP } from '../../src/core/orphan/cleanup.ts';
import { constant, emptySql, joinSql, type Sql, sql } from '../../src/platform/postgres/sql.ts';
import type { V2App } from '../operation.ts';
import { actionTag } from '../tags.ts';

/** How v2 calls a task that v3 dispatched. */
interface TaskName {
  name: string;
  taskType: string;
  tag: string;
}

/** Of what v2 knows the like of. Other tasks keep their own name. */
function knownNames({ app }: V2App): TaskName[] {
  const perType = app.registry.plugins.flatMap(({ repositoryTypes }) =>
    repositoryTypes.flatMap(({ syncTask, publishTask }) => [
      { name: syncTask, taskType: 'pulp.server.managers.repo.sync.sync', tag: actionTag('sync') },
      { name: publishTask, taskType: 'pulp.server.managers.repo.publish.publish', tag: actionTag('publish') },
    ]),
  );
  return [
    ...perType,
    {
      name: 'pulpcore.app.tasks.repository.add_and_remove',
      taskType: 'pulp.server.managers.repo.unit_association.associate_from_repo',
      tag: actionTag('associate'),
    },
    {
      name: ORPHAN_CLEANUP,
      taskType: 'pulp.server.managers.content.orphan.delete_all_orphans',
      tag: 'pulp:content_unit:orphans',
    },
  ];
}

/** `task_type` of a row of `task` t left joined with `v2_task` v. */
export function taskType(v2: V2App): Sql {
  return sql`coalesce(v.task_type, case t.name ${cases(v2, ({ taskType: type }) => type)} else t.name end)`;
}

/** `tags` of such a row: those it was queued with, or its repositories and what is done to them. */
export function taskTags(v2: V2App): Sql {
  const labels = v2.app.services.models.ofKind('repository').map(({ label }) => label);
  const action = sql`(case t.name ${cases(v2, ({ tag }) => tag)} end)`;
  const repositories = sql`array(
    select 'pulp:repository:' || repository.name from unnest(t.reserved_resources_record) with ordinality held (prn, place)
    cross join lateral regexp_match(held.prn, '^(?:shared:)?prn:([^:]+):([0-9a-f-]{36})$') part
    join repository on repository.id = part[2]::uuid and not repository.hidden where part[1] = any (${labels}::text[]) order by held.place)`;
  return sql`(case when v.task_id is not null then v.tags else ${repositories} || array_remove(array[${action}], null) end)`;
}

/**
 * That such a row has a tag. For tasks of v3 it is asked the other way round: which tasks hold the repository of that
 * name, which names are tagged so.
 */
export function hasTag(v2: V2App, tag: string): Sql {
  const names = knownNames(v2).flatMap((entry) => (entry.tag === tag ? [entry.name] : []));
  const [, repository = null] = /^pulp:repository:(.*)$/s.exec(tag) ?? [];
  const { models } = v2.app.services;
  const prefixes = models.ofKind('repository').flatMap(({ label }) => [`prn:${label}:`, `shared:prn:${label}:`]);
  const holds = sql`t.reserved_resources_record && array(
    select prefix || repository.id from repository, unnest(${prefixes}::text[]) prefix where name = ${repository} and not hidden)`;
  return sql`(t.id in (select task_id from v2_task where tags @> ${[tag]}::text[])
    or v.task_id is null and (t.name = any (${names}::text[]) or ${repository === null ? sql`false` : holds}))`;
}

function cases(v2: V2App, value: (name: TaskName) => string): Sql {
  const seen = new Map(knownNames(v2).map((entry) => [entry.name, entry]));
  const parts = [...seen.values()].map((entry) => sql`when ${constant(entry.name)} then ${constant(value(entry))}`);
  return parts.length === 0 ? emptySql : joinSql(parts, ' ');
}
