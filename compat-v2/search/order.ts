import { joinSql, type Sql, sql } from '../../src/platform/postgres/sql.ts';
import { invalidValue } from '../errors.ts';
import type { SortEntry } from './criteria.ts';
import { type FieldTable, sortKey } from './field.ts';

/** `order by` list: the given keys, then `last`, which makes the order total. */
export function orderBy(sort: readonly SortEntry[], fields: FieldTable, collection: string, last: Sql): Sql {
  const keys = sort.flatMap(({ field, descending }) => {
    const found = fields.find(field);
    if (!found) throw unknownField(field, collection);
    // MongoDB sorts what is missing before everything else.
    return [descending ? sql`${sortKey(found)} desc nulls last` : sql`${sortKey(found)} asc nulls first`];
  });
  return joinSql([...keys, last], ', ');
}

/** `limit` and `offset`. */
export function slice({ limit, skip }: { limit: number | null; skip: number }): Sql {
  return sql`limit ${limit}::bigint offset ${skip}::bigint`;
}

/** 400 for names in `fields` that no document of the collection has. */
export function assertFields(names: readonly string[] | null, fields: FieldTable, collection: string): void {
  const unknown = names?.find((name) => !fields.find(name));
  if (unknown !== undefined) throw unknownField(unknown, collection);
}

function unknownField(name: string, collection: string) {
  return invalidValue([`Field: <${name}> does not exist on objects in the <${collection}> collection`]);
}
