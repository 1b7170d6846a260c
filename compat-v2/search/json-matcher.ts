import type { Json } from '../../src/core/task/types.ts';
import { identifier, type Sql, sql } from '../../src/platform/postgres/sql.ts';
import type { Field } from './field.ts';
import { ALWAYS, isNull, type Matcher, NEVER } from './matcher.ts';
import type { Operand } from './operand.ts';
import { OPERATORS } from './scalar-matcher.ts';

/** Where in a jsonb expression to look. */
export interface JsonPlace {
  document: Sql;
  path: readonly string[];
  /** Whether an array stands for its elements too: yes, but for the elements that `$elemMatch` looks at. */
  unwinds: boolean;
  /** Nesting depth, so that names in nested subqueries differ. */
  depth: number;
}

/**
 * Matches what is at a path of a jsonb document. `v2_nodes` gives everything at a path, through arrays of objects, with
 * null for what is missing; `v2_values` the elements of arrays too (0002_search.sql).
 */
export function jsonMatcher(place: JsonPlace): Matcher {
  const value = identifier(`value_${place.depth}`);
  const element = identifier(`element_${place.depth}`);
  const path = sql`${place.path}::text[]`;
  const nodes = sql`v2_nodes(${place.document}, ${path}) ${value}`;
  const values = place.unwinds ? sql`v2_values(${place.document}, ${path}) ${value}` : nodes;
  const some = (condition: Sql) => sql`exists (select from ${values} where ${condition})`;
  const isMissing = sql`(${value} is null or ${value} = 'null'::jsonb)`;

  function equals(operand: Operand): Sql {
    if (isNull(operand)) return some(isMissing);
    return 'json' in operand ? some(sql`${value} = ${jsonb(operand.json)}`) : NEVER;
  }

  return {
    equals,
    oneOf(operands) {
      const list = operands.flatMap((operand) => ('json' in operand ? [JSON.stringify(operand.json)] : []));
      const among = sql`${value} = any(${list}::jsonb[])`;
      return some(operands.some(isNull) ? sql`(${among} or ${isMissing})` : among);
    },
    compares(operator, operand) {
      if (isNull(operand)) return operator.endsWith('=') ? some(isMissing) : NEVER;
      if (!('json' in operand)) return NEVER;
      const isSameType = sql`jsonb_typeof(${value}) = ${typeof operand.json}`;
      const compared =
        typeof operand.json === 'string'
          ? sql`(${value} #>> '{}') collate "C" ${OPERATORS[operator]} ${operand.json}`
          : sql`${value} ${OPERATORS[operator]} ${jsonb(operand.json)}`;
      return some(sql`${isSameType} and ${compared}`);
    },
    matches: (pattern) => some(sql`jsonb_typeof(${value}) = 'string' and (${value} #>> '{}') ~ ${pattern}`),
    exists: () => sql`exists (select from ${nodes} where ${value} is not null)`,
    hasSize: (size) => sql`exists (select from ${nodes}
      where case when jsonb_typeof(${value}) = 'array' then jsonb_array_length(${value}) = ${size} end)`,
    hasElement: (test) => sql`exists (select from ${nodes}, jsonb_array_elements(
      case when jsonb_typeof(${value}) = 'array' then ${value} else '[]' end) ${element} where ${test(element)})`,
  };
}

function jsonb(value: Json): Sql {
  return sql`${JSON.stringify(value)}::jsonb`;
}

/** Matches a text[] column. */
export function textsMatcher(field: Field, depth: number): Matcher {
  const column = field.sql;
  const general = jsonMatcher({ document: sql`to_jsonb(${column})`, path: [], unwinds: true, depth });
  const contains = field.contains ?? ((text) => sql`${column} @> ${[text]}::text[]`);
  return {
    ...general,
    exists: () => ALWAYS,
    equals: (operand) =>
      'json' in operand && typeof operand.json === 'string' ? contains(operand.json) : general.equals(operand),
  };
}
