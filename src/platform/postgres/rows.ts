import type { QueryResultRow } from 'pg';
import type { Queryable, Transaction } from './database.ts';
import { identifier, joinSql, type Sql, sql } from './sql.ts';

/** Column values by column name. Objects and arrays of objects are stored as JSON, arrays of text as arrays. */
export type ColumnValues = Record<string, unknown>;

/** Inserts one row; null when `conflict` (a column) already has that value. Column names come from code. */
export function insertRow<Row extends QueryResultRow>(
  tx: Transaction,
  table: string,
  values: ColumnValues,
  conflict: string,
): Promise<Row | null> {
  const columns = Object.keys(values);
  return tx.find<Row>(sql`
    insert into ${identifier(table)} (${names(columns)})
    values (${joinSql(
      columns.map((column) => columnValue(values[column])),
      ', ',
    )})
    on conflict (${identifier(conflict)}) do nothing returning *`);
}

/** Updates the given columns and `updated` of one row; null when it is gone. */
export function updateRow<Row extends QueryResultRow>(
  tx: Queryable,
  table: string,
  id: string,
  values: ColumnValues,
): Promise<Row | null> {
  const sets = Object.keys(values).map((column) => sql`${identifier(column)} = ${columnValue(values[column])}`);
  return tx.find<Row>(sql`
    update ${identifier(table)} set ${joinSql([...sets, sql`updated = clock_timestamp()`], ', ')}
    where id = ${id} returning *`);
}

function names(columns: readonly string[]): Sql {
  return joinSql(
    columns.map((column) => identifier(column)),
    ', ',
  );
}

function columnValue(value: unknown): Sql {
  const isJson = typeof value === 'object' && value !== null && !(value instanceof Date) && !isTextArray(value);
  return isJson ? sql`${JSON.stringify(value)}::jsonb` : sql`${value}`;
}

function isTextArray(value: object): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string');
}
