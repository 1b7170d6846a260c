import type { Queryable } from '../../src/platform/postgres/database.ts';
import { identifier, sql } from '../../src/platform/postgres/sql.ts';

/** `wanted`, or with the first number behind it that makes it unique among a table's names. */
export async function freeName(
  database: Queryable,
  table: 'remote' | 'publisher' | 'distribution',
  wanted: string,
): Promise<string> {
  const rows = await database.query<{ name: string }>(
    sql`select name from ${identifier(table)} where starts_with(name, ${wanted})`,
  );
  const taken = new Set(rows.map(({ name }) => name));
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
  return name;
}
