import { constant, identifier, type Sql, sql } from '../../platform/postgres/sql.ts';

/** The SQL of a declared column of table `t`: a column, or a key of a jsonb column as text. */
export function columnSql(column: string): Sql {
  const [table = '', key] = column.split('.');
  return key === undefined ? identifier('t', table) : sql`(${identifier('t', table)} ->> ${constant(key)})`;
}
