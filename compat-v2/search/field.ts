import { type Sql, sql } from '../../src/platform/postgres/sql.ts';

/**
 * One member of a collection's documents, as an expression over the rows that stand for it. `iso` is a timestamptz that
 * documents show as text, `time` one that they hold as a date (`{"$date": …}`); `number` is a jsonb number.
 */
export interface Field {
  kind: 'text' | 'iso' | 'time' | 'number' | 'boolean' | 'uuid' | 'json' | 'texts';
  sql: Sql;
  /** Of `texts`: that this text is among them, where that can be asked in a way that indexes serve. */
  contains?: (text: string) => Sql;
}

export type ScalarField = Field & { kind: Exclude<Field['kind'], 'json' | 'texts'> };

/** Which fields there are. Names that are not in the table are absent from every document. */
export interface FieldTable {
  find(name: string): Field | undefined;
}

export function fieldTable(fields: Readonly<Record<string, Field>>): FieldTable {
  const byName = new Map(Object.entries(fields));
  return { find: (name) => byName.get(name) };
}

/** A timestamptz as v2 writes it: UTC, no fraction. */
export function isoText(time: Sql): Sql {
  return sql`to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
}

/** What results are ordered by; texts byte by byte, as MongoDB does. */
export function sortKey(field: Field): Sql {
  return field.kind === 'text' ? sql`${field.sql} collate "C"` : field.sql;
}
