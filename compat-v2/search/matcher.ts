import { type Sql, sql } from '../../src/platform/postgres/sql.ts';
import type { Comparison } from './condition.ts';
import type { Operand } from './operand.ts';

/**
 * What can be asked of the values at one path of a document. Every answer is a condition in which null counts as false.
 */
export interface Matcher {
  equals(operand: Operand): Sql;
  oneOf(operands: readonly Operand[]): Sql;
  compares(operator: Comparison, operand: Operand): Sql;
  matches(pattern: string): Sql;
  exists(): Sql;
  hasSize(size: number): Sql;
  /** An element of the array at the path passes `test`, which is told the element as a jsonb expression. */
  hasElement(test: (element: Sql) => Sql): Sql;
}

export const NEVER = sql`false`;
export const ALWAYS = sql`true`;

export function isNull(operand: Operand): boolean {
  return 'json' in operand && operand.json === null;
}

/** A path at which no document has anything: only null is found there. */
export const absentMatcher: Matcher = {
  equals: (operand) => (isNull(operand) ? ALWAYS : NEVER),
  oneOf: (operands) => (operands.some(isNull) ? ALWAYS : NEVER),
  compares: (operator, operand) => (isNull(operand) && operator.endsWith('=') ? ALWAYS : NEVER),
  matches: () => NEVER,
  exists: () => NEVER,
  hasSize: () => NEVER,
  hasElement: () => NEVER,
};
