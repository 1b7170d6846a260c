import type { Mappings } from '../../../src/mapping/load.ts';
import { constant, joinSql, type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { compileCondition } from '../compile.ts';
import type { Criteria } from '../criteria.ts';
import { type FieldTable, fieldTable } from '../field.ts';
import { orderBy, orderKeys, slice } from '../order.ts';

export const REPOSITORIES = 'repos';

/** Ids of the repositories that match, in order. */
export function repositoryQuery(mappings: Mappings, criteria: Criteria): Sql {
  const fields = repositoryFields(mappings);
  return sql`
    select r.id from repository r left join v2_repository v on v.repository_id = r.id
    where not r.hidden and ${compileCondition(criteria.filter, fields)}
    ${orderBy([...orderKeys(criteria.sort, fields, REPOSITORIES, null), sql`r.created`, sql`r.id`])} ${slice(criteria)}`;
}

export function repositoryFields(mappings: Mappings): FieldTable {
  const name = { kind: 'text', sql: sql`r.name` } as const;
  return fieldTable({
    id: name,
    repo_id: name,
    _id: { kind: 'text', sql: objectId(sql`v.object_id`, sql`r.id`) },
    _ns: { kind: 'text', sql: constant(REPOSITORIES) },
    display_name: { kind: 'text', sql: sql`(case when v.repository_id is null then r.name else v.display_name end)` },
    description: { kind: 'text', sql: sql`r.description` },
    notes: { kind: 'json', sql: sql`coalesce(v.notes, ${defaultNotes(mappings)})` },
    scratchpad: { kind: 'json', sql: sql`coalesce(v.scratchpad, '{}')` },
    last_unit_added: { kind: 'time', sql: sql`r.content_added_at` },
    last_unit_removed: { kind: 'time', sql: sql`r.content_removed_at` },
    content_unit_counts: { kind: 'json', sql: unitCounts(mappings) },
  });
}

/** The stored object id, or the one that follows from the uuid (object-id.ts). */
export function objectId(stored: Sql, uuid: Sql): Sql {
  return sql`coalesce(${stored}::text, left(replace(${uuid}::text, '-', ''), 24))`;
}

function defaultNotes({ families }: Mappings): Sql {
  const cases = families.map(({ repository }) => {
    const notes = JSON.stringify({ '_repo-type': repository.note });
    return sql`when ${constant(repository.type)} then ${constant(notes)}::jsonb`;
  });
  return sql`case r.type ${joinSql(cases, ' ')} else '{}'::jsonb end`;
}

function unitCounts({ families }: Mappings): Sql {
  const units = families.flatMap((family) => family.units);
  const pairs = units.map(({ v2_type, v3_type }) => sql`${constant(v2_type)}, present -> ${constant(v3_type)}`);
  return sql`(select jsonb_strip_nulls(jsonb_build_object(${joinSql(pairs, ', ')})) from (
    select content_counts -> 'present' as present from repository_version
    where repository_id = r.id order by number desc limit 1) newest)`;
}
