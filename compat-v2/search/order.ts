import { joinSql, type Sql, sql } from '../../src/platform/postgres/sql.ts';
import { invalidValue } from '../errors.ts';
import type { SortEntry } from './criteria.ts';
import { type FieldTable, sortKey } from './field.ts';

/**
 * Keys of an `order by` list. `only` limits them to some of the rows, for collections of several types. 400 for names
 * that no document has.
 */
export function orderKeys(sort: readonly SortEntry[], fields: FieldTable, collection: string, only: Sql | null): Sql[] {
  return sort.map(({ field, descending }) => {
    const found = fields.find(field);
    if (!found) throw unknownField(field, collection);
    const key = only ? sql`case when ${only} then ${sortKey(found)} end` : sortKey(found);
    // MongoDB sorts what is missing before everything else.
    return descending ? sql`${key} desc nulls last` : sql`${key} asc nulls first`;
  });
}

export function orderBy(keys: readonly Sql[]): Sql {
  return sql`order by ${joinSql(keys, ', ')}`;
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
