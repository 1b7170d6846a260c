import { type Sql, sql } from '../../platform/postgres/sql.ts';
import type { Operator } from './expand.ts';

/** A comparison of a column with parameters; what the operators of Pulp 3's filters mean in SQL. */
export function compare(column: Sql, operator: Operator, values: readonly unknown[]): Sql {
  const [first, second] = values;
  switch (operator) {
    case 'exact':
      return sql`${column} = ${first}`;
    case 'ne':
      return sql`${column} <> ${first}`;
    case 'in':
      return sql`${column}::text = any (${values.map(String)}::text[])`;
    case 'iexact':
      return sql`lower(${column}) = lower(${first})`;
    case 'contains':
      return sql`position(${first} in ${column}) > 0`;
    case 'icontains':
      return sql`position(lower(${first}) in lower(${column})) > 0`;
    case 'startswith':
      return sql`starts_with(${column}, ${first})`;
    case 'istartswith':
      return sql`starts_with(lower(${column}), lower(${first}))`;
    case 'regex':
      return sql`${column} ~ ${first}`;
    case 'iregex':
      return sql`${column} ~* ${first}`;
    case 'lt':
      return sql`${column} < ${first}`;
    case 'lte':
      return sql`${column} <= ${first}`;
    case 'gt':
      return sql`${column} > ${first}`;
    case 'gte':
      return sql`${column} >= ${first}`;
    case 'range':
      return sql`${column} between ${first} and ${second}`;
    case 'isnull':
      return first ? sql`${column} is null` : sql`${column} is not null`;
  }
}
