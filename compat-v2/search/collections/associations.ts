import type { UnitMapping } from '../../../src/mapping/types.ts';
import { constant, joinSql, type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { compileCondition } from '../compile.ts';
import { type FieldTable, fieldTable } from '../field.ts';
import { assertFields, orderBy, orderKeys, slice } from '../order.ts';
import type { UnitCriteria } from '../unit-criteria.ts';
import { UNIT_COLUMNS, UNIT_TABLES, unitFields } from './units.ts';

/** Whose units are searched. */
export interface Searched {
  repository: { id: string; name: string };
  /** The types that are searched, in the order of their v2 names. */
  types: readonly UnitMapping[];
  /** Whether the repository may hold no other types than these. */
  isWhole: boolean;
}

const CURRENT = sql`rc.version_removed is null`;

export const ASSOCIATION_COLUMNS = sql`rc.created as associated,
  left(md5(rc.repository_id::text || rc.content_id::text), 24) as association_id, ${UNIT_COLUMNS}`;

/** The associations that match, in order, with their units (v2-api.md 3.3). */
export function associationQuery(columns: Sql, searched: Searched, criteria: UnitCriteria): Sql {
  const [only] = searched.types;
  const isPlain = criteria.sort.unit.length === 0 && isEverything(criteria.filter.unit);
  if (searched.isWhole && searched.types.length === 1 && only && isPlain) {
    return pageFirst(columns, searched, only, criteria);
  }
  const { id } = searched.repository;
  const fields = associationFields(searched, typeCase(searched.types));
  const order = [
    ...orderKeys(criteria.sort.association, fields, ASSOCIATIONS, null),
    ...unitOrder(searched.types, criteria),
    sql`rc.content_id`,
  ];
  return sql`
    select ${columns} from repository_content rc join (${UNIT_TABLES}) on content.id = rc.content_id
    where rc.repository_id = ${id} and ${CURRENT}
      and ${unitCondition(searched.types, criteria)} and ${compileCondition(criteria.filter.association, fields)}
    ${orderBy(order)} ${slice(criteria)}`;
}

const ASSOCIATIONS = 'repo_content_units';

/** Where only associations are looked at, the page is found in their index, and units are read for the page alone. */
function pageFirst(columns: Sql, searched: Searched, type: UnitMapping, criteria: UnitCriteria): Sql {
  const fields = associationFields(searched, constant(type.v2_type));
  const order = orderBy([...orderKeys(criteria.sort.association, fields, ASSOCIATIONS, null), sql`rc.content_id`]);
  return sql`
    select ${columns} from (
      select rc.* from repository_content rc
      where rc.repository_id = ${searched.repository.id} and ${CURRENT}
        and ${compileCondition(criteria.filter.association, fields)}
      ${order} ${slice(criteria)}
    ) rc join (${UNIT_TABLES}) on content.id = rc.content_id
    ${order}`;
}

function isEverything(condition: UnitCriteria['filter']['unit']): boolean {
  return condition.kind === 'and' && condition.of.length === 0;
}

/** Unit filters apply to every type, each under its own names. */
function unitCondition(types: readonly UnitMapping[], criteria: UnitCriteria): Sql {
  if (types.length === 0) return sql`false`;
  const perType = types.map(
    (type) =>
      sql`content.type = ${constant(type.v3_type)} and ${compileCondition(criteria.filter.unit, unitFields(type))}`,
  );
  return sql`(${joinSql(perType, ' or ')})`;
}

/** Units are sorted inside their type. */
function unitOrder(types: readonly UnitMapping[], { sort }: UnitCriteria): Sql[] {
  const [only] = types;
  if (types.length === 1 && only) return orderKeys(sort.unit, unitFields(only), only.collection, null);
  const keys = types.flatMap((type) =>
    orderKeys(sort.unit, unitFields(type), type.collection, sql`content.type = ${constant(type.v3_type)}`),
  );
  return [sql`${typeCase(types)} collate "C"`, ...keys];
}

function typeCase(types: readonly UnitMapping[]): Sql {
  const [only] = types;
  if (types.length <= 1) return constant(only?.v2_type ?? '');
  const cases = types.map((type) => sql`when ${constant(type.v3_type)} then ${constant(type.v2_type)}`);
  return sql`case content.type ${joinSql(cases, ' ')} end`;
}

function associationFields({ repository }: Searched, type: Sql): FieldTable {
  return fieldTable({
    _id: { kind: 'text', sql: sql`left(md5(rc.repository_id::text || rc.content_id::text), 24)` },
    repo_id: { kind: 'text', sql: sql`${repository.name}::text` },
    unit_id: { kind: 'uuid', sql: sql`rc.content_id` },
    unit_type_id: { kind: 'text', sql: sql`${type}::text` },
    created: { kind: 'iso', sql: sql`rc.created` },
    updated: { kind: 'iso', sql: sql`rc.created` },
  });
}

/** 400 for unit fields that one of the types has not (v2-api.md 3.3). */
export function assertUnitFields({ types }: Searched, { fields }: UnitCriteria): void {
  for (const type of types) assertFields(fields.unit, unitFields(type), type.collection);
}
