import { allOf, joinSql, type Sql, sql } from '../../src/platform/postgres/sql.ts';
import type { Condition, Test } from './condition.ts';
import type { FieldTable } from './field.ts';
import { jsonMatcher, textsMatcher } from './json-matcher.ts';
import { absentMatcher, type Matcher, NEVER } from './matcher.ts';
import { scalarMatcher } from './scalar-matcher.ts';

/** The condition over the rows of a collection. Values are parameters; null counts as false. */
export function compileCondition(condition: Condition, fields: FieldTable): Sql {
  return compile(condition, (path) => matcherOf(fields, path, 0), 0);
}

type FindMatcher = (path: readonly string[]) => Matcher;

function compile(condition: Condition, find: FindMatcher, depth: number): Sql {
  if (condition.kind === 'field') return compileTests(condition.tests, find(condition.path), depth);
  const parts = condition.of.map((part) => compile(part, find, depth));
  if (condition.kind === 'and') return sql`(${allOf(parts)})`;
  return condition.kind === 'or' ? anyOf(parts) : not(anyOf(parts));
}

function matcherOf(fields: FieldTable, path: readonly string[], depth: number): Matcher {
  const [name = '', ...rest] = path;
  const field = fields.find(name);
  if (!field) return absentMatcher;
  if (field.kind === 'json') return jsonMatcher({ document: field.sql, path: rest, unwinds: true, depth });
  if (field.kind === 'texts') return rest.length === 0 ? textsMatcher(field, depth) : absentMatcher;
  return rest.length === 0 ? scalarMatcher({ ...field, kind: field.kind }) : absentMatcher;
}

function compileTests(tests: readonly Test[], matcher: Matcher, depth: number): Sql {
  return sql`(${allOf(tests.map((test) => compileTest(test, matcher, depth)))})`;
}

function compileTest(test: Test, matcher: Matcher, depth: number): Sql {
  switch (test.kind) {
    case 'equal':
      return matcher.equals(test.operand);
    case 'in':
      return matcher.oneOf(test.operands);
    case 'compare':
      return matcher.compares(test.operator, test.operand);
    case 'all':
      return test.operands.length === 0 ? NEVER : allOf(test.operands.map(matcher.equals));
    case 'exists':
      return matcher.exists();
    case 'size':
      return matcher.hasSize(test.size);
    case 'pattern':
      return matcher.matches(test.pattern);
    case 'not':
      return not(compileTests(test.tests, matcher, depth));
    case 'element':
      return matcher.hasElement(
        (element) =>
          sql`jsonb_typeof(${element}) = 'object' and ${compile(
            test.where,
            (path) => jsonMatcher({ document: element, path, unwinds: true, depth: depth + 1 }),
            depth + 1,
          )}`,
      );
    case 'elementValue':
      return matcher.hasElement((element) => {
        const inner = jsonMatcher({ document: element, path: [], unwinds: false, depth: depth + 1 });
        return compileTests(test.tests, inner, depth + 1);
      });
  }
}

function anyOf(parts: readonly Sql[]): Sql {
  return sql`(${joinSql(parts, ' or ')})`;
}

function not(condition: Sql): Sql {
  return sql`(${condition}) is not true`;
}
