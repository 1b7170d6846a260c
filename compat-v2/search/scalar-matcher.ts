import { type Sql, sql } from '../../src/platform/postgres/sql.ts';
import { isoText, type ScalarField } from './field.ts';
import { isNull, type Matcher, NEVER } from './matcher.ts';
import type { Operand } from './operand.ts';

/** How values of one kind compare. */
interface Scalar {
  column: Sql;
  /** In place of the column where order counts. */
  ordered: Sql;
  /** In place of the column for patterns; null: patterns never match. */
  text: Sql | null;
  /** The operand as text of a parameter; undefined when the types differ, so that it never equals. */
  value(operand: Operand): string | undefined;
  /** The parameter and a list of it, cast to the column's type. */
  one(value: string): Sql;
  many(values: string[]): Sql;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Matches a column with one plain value per document; conditions are of a form that indexes serve. */
export function scalarMatcher(field: ScalarField): Matcher {
  const scalar = scalarOf(field);
  const equalToNull = sql`${scalar.column} is null`;

  function oneOf(operands: readonly Operand[]): Sql {
    const values = operands.map(scalar.value).filter((value) => value !== undefined);
    const among = values.length === 0 ? NEVER : sql`${scalar.column} = any(${scalar.many(values)})`;
    return operands.some(isNull) ? sql`(${among} or ${equalToNull})` : among;
  }

  return {
    oneOf,
    equals(operand) {
      if (isNull(operand)) return equalToNull;
      const value = scalar.value(operand);
      return value === undefined ? NEVER : sql`${scalar.column} = ${scalar.one(value)}`;
    },
    compares(operator, operand) {
      if (isNull(operand)) return operator.endsWith('=') ? equalToNull : NEVER;
      const value = comparable(field, scalar, operand);
      return value === null ? NEVER : sql`${scalar.ordered} ${OPERATORS[operator]} ${value}`;
    },
    matches: (pattern) => (scalar.text ? sql`${scalar.text} ~ ${pattern}` : NEVER),
    exists: () => sql`${scalar.column} is not null`,
    hasSize: () => NEVER,
    hasElement: () => NEVER,
  };
}

export const OPERATORS = { '<': sql`<`, '<=': sql`<=`, '>': sql`>`, '>=': sql`>=` };

/** UUIDs are texts to v2: any text may be compared with them, not only a UUID. */
function comparable(field: ScalarField, scalar: Scalar, operand: Operand): Sql | null {
  if (field.kind === 'uuid') return 'json' in operand && typeof operand.json === 'string' ? sql`${operand.json}` : null;
  const value = scalar.value(operand);
  return value === undefined ? null : scalar.one(value);
}

function scalarOf({ kind, sql: column }: ScalarField): Scalar {
  switch (kind) {
    case 'text':
      return texts(column);
    case 'iso':
      return texts(isoText(column));
    case 'uuid':
      return {
        column,
        ordered: sql`${column}::text collate "C"`,
        text: sql`${column}::text`,
        value: (operand) => textOf(operand, (text) => UUID.test(text)),
        one: (value) => sql`${value}::uuid`,
        many: (values) => sql`${values}::uuid[]`,
      };
    case 'time':
      return {
        ...{ column, ordered: column, text: null },
        value: (operand) => ('date' in operand ? operand.date : undefined),
        one: (value) => sql`${value}::timestamptz`,
        many: (values) => sql`${values}::timestamptz[]`,
      };
    case 'number':
      return {
        ...{ column, ordered: column, text: null },
        value: (operand) => ('json' in operand && typeof operand.json === 'number' ? String(operand.json) : undefined),
        one: (value) => sql`${value}::jsonb`,
        many: (values) => sql`${values}::jsonb[]`,
      };
    case 'boolean':
      return {
        ...{ column, ordered: column, text: null },
        value: (operand) => ('json' in operand && typeof operand.json === 'boolean' ? String(operand.json) : undefined),
        one: (value) => sql`${value}::boolean`,
        many: (values) => sql`${values}::boolean[]`,
      };
  }
}

function texts(column: Sql): Scalar {
  return {
    ...{ column, ordered: sql`${column} collate "C"`, text: column },
    value: (operand) => textOf(operand, () => true),
    one: (value) => sql`${value}::text`,
    many: (values) => sql`${values}::text[]`,
  };
}

function textOf(operand: Operand, accept: (text: string) => boolean): string | undefined {
  if (!('json' in operand) || typeof operand.json !== 'string') return undefined;
  return accept(operand.json) ? operand.json : undefined;
}
