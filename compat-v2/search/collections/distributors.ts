import type { Mappings } from '../../../src/mapping/load.ts';
import type { DistributorMapping } from '../../../src/mapping/types.ts';
import { constant, emptySql, joinSql, type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { compileCondition } from '../compile.ts';
import type { Criteria } from '../criteria.ts';
import { type FieldTable, fieldTable } from '../field.ts';
import { orderBy, orderKeys, slice } from '../order.ts';
import { objectId } from './repositories.ts';

export const DISTRIBUTORS = 'repo_distributors';

/** Repository and id (as `distributorDocuments` takes them) of the distributors that match, in order. */
export function distributorQuery(mappings: Mappings, criteria: Criteria): Sql {
  const order = [...orderKeys(criteria.sort, DISTRIBUTOR_FIELDS, DISTRIBUTORS, null), sql`d.created`, sql`d.id`];
  return sql`
    select d.repository_id as "repositoryId", d.id from (${stored(mappings)} union all ${foreign(mappings)}) d
    where ${compileCondition(criteria.filter, DISTRIBUTOR_FIELDS)} ${orderBy(order)} ${slice(criteria)}`;
}

const typeId = { kind: 'text', sql: sql`d.type_id` } as const;
const distributorId = { kind: 'text', sql: sql`d.distributor_id` } as const;

export const DISTRIBUTOR_FIELDS: FieldTable = fieldTable({
  id: distributorId,
  distributor_id: distributorId,
  repo_id: { kind: 'text', sql: sql`d.repo_id` },
  distributor_type_id: typeId,
  _id: { kind: 'text', sql: objectId(sql`d.object_id`, sql`d.id`) },
  _ns: { kind: 'text', sql: constant(DISTRIBUTORS) },
  auto_publish: { kind: 'boolean', sql: sql`d.auto_publish` },
  config: { kind: 'json', sql: sql`v2_shown_config(d.derived, d.kept)` },
  scratchpad: { kind: 'json', sql: sql`d.scratchpad` },
  last_publish: { kind: 'time', sql: sql`d.last_publish` },
  last_updated: { kind: 'time', sql: sql`d.last_updated` },
  last_override_config: { kind: 'json', sql: sql`'{}'::jsonb` },
});

/** Those that v2 or a migration made; the ones that v3 made follow. Both as in store/distributors.ts. */
function stored(mappings: Mappings): Sql {
  const shown = mappings.families.flatMap(({ distributors }) => distributors.filter(({ keys }) => keys !== undefined));
  return sql`
    select r.id as repository_id, r.name as repo_id, d.id, d.object_id, d.distributor_id,
      d.distributor_type_id as type_id, p.autopublish or (s.repository_id is not null and ${AUTOPUBLISH}) as auto_publish,
      ${derived(sql`d.distributor_type_id`, shown)} as derived, d.kept, d.scratchpad, d.last_publish, d.last_updated,
      p.created
    from v2_distributor d join publisher p on p.id = d.publisher_id join repository r on r.id = d.repository_id
    left join distribution s on s.id = d.distribution_id
    where d.distributor_type_id = any (${shown.map(({ v2_type }) => v2_type)}::text[])`;
}

const AUTOPUBLISH = sql`coalesce(r.data -> 'autopublish' = 'true', false)`;

function foreign(mappings: Mappings): Sql {
  const families = mappings.families.flatMap(({ repository, distributors }) => {
    const [shown] = distributors.filter(({ keys }) => keys !== undefined);
    return shown ? [{ type: repository.type, shown }] : [];
  });
  const types = families.map(({ type, shown }) => sql`when ${constant(type)} then ${constant(shown.v2_type)}`);
  const typeOf = families.length === 0 ? sql`null::text` : sql`case r.type ${joinSql(types, ' ')} end`;
  return sql`
    select r.id, r.name, s.id, null, s.name, ${typeOf},
      coalesce(p.autopublish, false) or (s.repository_id is not null and ${AUTOPUBLISH}),
      ${derived(
        typeOf,
        families.map(({ shown }) => shown),
      )}, '{}'::jsonb, '{}'::jsonb, published.created, s.updated, s.created
    from distribution s left join repository_version sv on sv.id = s.repository_version_id
    left join publication published on published.id = s.publication_id
    left join repository_version pv on pv.id = published.repository_version_id
    left join publisher p on p.id = s.publisher_id
    join repository r on r.id = coalesce(s.repository_id, sv.repository_id, pv.repository_id, p.repository_id)
    where not exists (select from v2_distributor where distribution_id = s.id)
      and r.type = any (${families.map(({ type }) => type)}::text[])`;
}

/** What of the config follows from the store: the path, unless it is the default. */
function derived(type: Sql, shown: readonly DistributorMapping[]): Sql {
  const cases = shown.flatMap(({ v2_type, keys = {} }) => {
    const [key] = Object.keys(keys).filter((name) => keys[name]?.target === 'distribution.base_path');
    if (key === undefined) return [];
    return [sql`when ${constant(v2_type)} then jsonb_build_object(${constant(key)}, s.base_path)`];
  });
  const config =
    cases.length === 0 ? emptySql : sql`when s.base_path <> r.name then case ${type} ${joinSql(cases, ' ')} end`;
  return sql`coalesce(case when s.base_path is null then null ${config} end, '{}'::jsonb)`;
}
