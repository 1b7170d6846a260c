import type { UnitMapping } from '../../../src/mapping/types.ts';
import { constant, type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { compileCondition } from '../compile.ts';
import type { Criteria } from '../criteria.ts';
import { orderBy, orderKeys, slice } from '../order.ts';
import { UNIT_COLUMNS, UNIT_TABLES, unitFields } from './units.ts';

/** Units of one type that match, in order. Only the last sort key counts (v2-api.md 3.2). */
export function unitQuery(unit: UnitMapping, criteria: Criteria, memberships: Sql): Sql {
  const fields = unitFields(unit);
  // Names that no unit has are fine here: all units are equal in them.
  const sort = criteria.sort.slice(-1).filter(({ field }) => fields.find(field));
  return sql`
    select ${UNIT_COLUMNS}, ${memberships} as memberships from ${UNIT_TABLES}
    where content.type = ${constant(unit.v3_type)} and ${compileCondition(criteria.filter, fields)}
    ${orderBy([...orderKeys(sort, fields, unit.collection, null), sql`content.id`])} ${slice(criteria)}`;
}
