import type { Json } from '../../src/core/task/types.ts';
import type { Comparison, Condition, Filter, Test } from './condition.ts';
import { assertStorable, isObject, type Operand, readOperand } from './operand.ts';
import { translatePattern } from './pattern.ts';
import { QueryRefused } from './refusal.ts';

/** Bounds of one query. Katello and pubtools send several thousand ids in one `$in`. */
const MAX_DEPTH = 20;
const MAX_TESTS = 4000;
const MAX_OPERANDS = 50_000;
const MAX_PATH = 20;

const COMPARISONS: Readonly<Record<string, Comparison>> = { $lt: '<', $lte: '<=', $gt: '>', $gte: '>=' };

/** What the whole query costs so far. */
interface Budget {
  tests: number;
  operands: number;
}

/**
 * Reads a MongoDB query document of the operators that are allowed (v2-api.md 3.5). Throws `QueryRefused` for all
 * others, `$where` among them, for bad operands and for what exceeds the bounds; `BadDate` for a `$date` that is none.
 */
export function readFilter(filter: Filter): Condition {
  return readDocument(filter, { tests: 0, operands: 0 }, 0);
}

function readDocument(filter: Filter, budget: Budget, depth: number): Condition {
  if (depth > MAX_DEPTH) throw new QueryRefused('the query is nested too deep');
  const of = Object.entries(filter).map(([key, value]) =>
    key.startsWith('$') ? readLogical(key, value, budget, depth) : readField(key, value, budget, depth),
  );
  return of.length === 1 && of[0] ? of[0] : { kind: 'and', of };
}

function readLogical(key: string, value: Json, budget: Budget, depth: number): Condition {
  if (key !== '$and' && key !== '$or' && key !== '$nor') throw new QueryRefused(`unknown top level operator: ${key}`);
  if (!Array.isArray(value) || value.length === 0) throw new QueryRefused(`${key} must be a nonempty array`);
  const of = value.map((entry) => {
    if (!isObject(entry)) throw new QueryRefused(`${key} entries need to be full objects`);
    return readDocument(entry, budget, depth + 1);
  });
  return { kind: key === '$and' ? 'and' : key === '$or' ? 'or' : 'nor', of };
}

function readField(key: string, value: Json, budget: Budget, depth: number): Condition {
  countTest(budget);
  assertStorable(key);
  const path = key.split('.');
  if (path.length > MAX_PATH) throw new QueryRefused('a field path is too long');
  if (!isOperators(value)) return { kind: 'field', path, tests: [{ kind: 'equal', operand: operand(value, budget) }] };
  return { kind: 'field', path, tests: readTests(value, budget, depth) };
}

/** An object whose first key is an operator; `{"$date": …}` is a value. */
function isOperators(value: Json | undefined): value is Filter {
  if (!isObject(value)) return false;
  const [first] = Object.keys(value);
  return first?.startsWith('$') === true && first !== '$date';
}

function readTests(operators: Filter, budget: Budget, depth: number): Test[] {
  if (depth > MAX_DEPTH) throw new QueryRefused('the query is nested too deep');
  if ('$options' in operators && !('$regex' in operators)) throw new QueryRefused('$options needs a $regex');
  return Object.entries(operators)
    .filter(([operator]) => operator !== '$options')
    .map(([operator, value]) => readTest(operator, value, operators, budget, depth));
}

function readTest(operator: string, value: Json, operators: Filter, budget: Budget, depth: number): Test {
  countTest(budget);
  const comparison = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
  if (comparison) return { kind: 'compare', operator: comparison, operand: comparable(operator, value, budget) };
  switch (operator) {
    case '$eq':
      return { kind: 'equal', operand: operand(value, budget) };
    case '$ne':
      return { kind: 'not', tests: [{ kind: 'equal', operand: operand(value, budget) }] };
    case '$in':
      return { kind: 'in', operands: operands(operator, value, budget) };
    case '$nin':
      return { kind: 'not', tests: [{ kind: 'in', operands: operands(operator, value, budget) }] };
    case '$all':
      return { kind: 'all', operands: operands(operator, value, budget) };
    case '$exists':
      return isTrue(value) ? { kind: 'exists' } : { kind: 'not', tests: [{ kind: 'exists' }] };
    case '$size':
      return { kind: 'size', size: readSize(value) };
    case '$regex':
      return readPattern(value, operators.$options ?? '');
    case '$not':
      return { kind: 'not', tests: readNegated(value, budget, depth) };
    case '$elemMatch':
      return readElement(value, budget, depth);
    default:
      throw new QueryRefused(`unknown operator: ${operator}`);
  }
}

function countTest(budget: Budget): void {
  budget.tests += 1;
  if (budget.tests > MAX_TESTS) throw new QueryRefused('the query has too many conditions');
}

/** MongoDB takes any value of `$exists` by its truth. */
function isTrue(value: Json): boolean {
  return value !== false && value !== 0 && value !== null;
}

function readSize(value: Json): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new QueryRefused('$size needs a number');
  return value;
}

function readPattern(pattern: Json, options: Json): Test {
  if (typeof pattern !== 'string') throw new QueryRefused('$regex has to be a string');
  if (typeof options !== 'string') throw new QueryRefused('$options has to be a string');
  assertStorable(pattern);
  return { kind: 'pattern', pattern: translatePattern(pattern, options) };
}

/** The text operand of `$not` is a regular expression (v2-api.md 3.1). */
function readNegated(value: Json, budget: Budget, depth: number): Test[] {
  if (typeof value === 'string') return [readPattern(value, '')];
  if (!isOperators(value)) throw new QueryRefused('$not needs a regex or a document');
  return readTests(value, budget, depth + 1);
}

function readElement(value: Json, budget: Budget, depth: number): Test {
  if (!isObject(value)) throw new QueryRefused('$elemMatch needs an Object');
  const [first] = Object.keys(value);
  const isLogical = first === '$and' || first === '$or' || first === '$nor';
  if (isOperators(value) && !isLogical) return { kind: 'elementValue', tests: readTests(value, budget, depth + 1) };
  return { kind: 'element', where: readDocument(value, budget, depth + 1) };
}

function comparable(operator: string, value: Json, budget: Budget): Operand {
  const read = operand(value, budget);
  const isContainer = 'json' in read && typeof read.json === 'object' && read.json !== null;
  if (isContainer) throw new QueryRefused(`${operator} compares texts, numbers, booleans and dates`);
  return read;
}

function operands(operator: string, value: Json, budget: Budget): Operand[] {
  if (!Array.isArray(value)) throw new QueryRefused(`${operator} needs an array`);
  return value.map((entry) => {
    if (isOperators(entry)) throw new QueryRefused(`cannot nest $ under ${operator}`);
    return operand(entry, budget);
  });
}

function operand(value: Json, budget: Budget): Operand {
  budget.operands += 1;
  if (budget.operands > MAX_OPERANDS) throw new QueryRefused('the query has too many values');
  return readOperand(value);
}
