import { invalidList } from '../../core/errors.ts';
import { allOf, type Sql, sql } from '../../platform/postgres/sql.ts';

const TERM = /^(!?)([\p{L}\p{N}_ .-]+)(?:(!=|=|~)(.*))?$/su;

/** Condition of a `pulp_label_select` (v3-api.md 1.9): terms separated by commas; `\,` is a comma in a value. */
export function labelCondition(column: Sql, text: string): Sql {
  const terms = text.split(/(?<!\\),/).map((term) => term.replaceAll('\\,', ','));
  return allOf(terms.map((term) => labelTerm(column, term)));
}

function labelTerm(column: Sql, term: string): Sql {
  const [, not, key = '', operator, value = ''] = TERM.exec(term) ?? [];
  if (not === undefined) throw invalidList(`Invalid search term: '${term}'.`);
  if (not && operator) throw invalidList(`Cannot use an operator with '!${key}'.`);
  if (not) return sql`not (${column} ? ${key})`;
  if (operator === undefined) return sql`${column} ? ${key}`;
  if (operator === '=') return sql`${column} ->> ${key} = ${value}`;
  if (operator === '!=') return sql`(${column} ? ${key} and ${column} ->> ${key} is distinct from ${value})`;
  return sql`position(lower(${value}) in lower(${column} ->> ${key})) > 0`;
}
