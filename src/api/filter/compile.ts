import { invalidField, invalidList } from '../../core/errors.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import type { Api } from '../api.ts';
import type { Resource } from '../declare/types.ts';
import { filteredId, findTarget } from '../references.ts';
import { columnSql } from './columns.ts';
import { compare } from './compare.ts';
import type { FilterParameter } from './expand.ts';
import { labelCondition } from './labels.ts';
import { SPECIAL_FILTERS } from './special.ts';
import { filterValues } from './values.ts';

const LONGEST_PATTERN = 200;

/** The condition that one query parameter stands for. 400 for wrong values and for hrefs of what does not exist. */
export async function compileFilter(
  api: Api,
  resource: Resource,
  parameter: FilterParameter,
  raw: string,
): Promise<Sql> {
  const { declaration } = parameter;
  const column = columnSql(declaration.column ?? 'id');
  switch (declaration.family) {
    case 'labels':
      return labelCondition(column, raw);
    case 'hrefs':
    case 'prns':
      return idsCondition(api, resource, declaration.family, raw.split(','));
    case 'type':
      return typeCondition(api, resource, parameter, column, raw);
    case 'reference':
      return referenceCondition(api, parameter, column, raw);
    case 'special': {
      const special = SPECIAL_FILTERS[declaration.special ?? ''];
      if (!special) throw new Error(`There is no filter called ${declaration.special}.`);
      return special(api, filterValues(parameter, raw));
    }
    default:
      return compareCondition(parameter, column, raw);
  }
}

function compareCondition(parameter: FilterParameter, column: Sql, raw: string): Sql {
  const { declaration, operator, name } = parameter;
  const values = filterValues(parameter, raw);
  const wrong = values.find((value) => declaration.choices && !declaration.choices.includes(String(value)));
  if (wrong !== undefined) throw badChoice(name, String(wrong));
  if ((operator === 'regex' || operator === 'iregex') && !isSafePattern(raw)) {
    throw invalidField(name, 'Enter a valid regular expression.');
  }
  return compare(column, operator, values);
}

/** Backward references are what makes PostgreSQL's matching slow; the rest of it is linear enough for short patterns. */
function isSafePattern(pattern: string): boolean {
  return pattern.length <= LONGEST_PATTERN && !/\\[1-9]|\{\d{3,}|\(\?[=!<]/.test(pattern);
}

function badChoice(name: string, value: string) {
  return invalidField(name, `Select a valid choice. ${value} is not one of the available choices.`);
}

function typeCondition(api: Api, resource: Resource, parameter: FilterParameter, column: Sql, raw: string): Sql {
  const known = resource.kind ? api.models.ofKind(resource.kind).map(({ type }) => type) : [];
  const values = filterValues(parameter, raw).map(String);
  const wrong = values.find((value) => !known.includes(value));
  if (wrong !== undefined) throw badChoice(parameter.name, wrong);
  return compare(column, 'in', values);
}

async function idsCondition(api: Api, resource: Resource, family: string, texts: readonly string[]): Promise<Sql> {
  const ids: string[] = [];
  for (const text of texts) {
    const target = await findTarget(api, text);
    if (target === 'no match') throw invalidList(notFitting(text, family));
    if (target !== 'missing' && target.kind === resource.kind) ids.push(target.id);
  }
  return sql`t.id::text = any (${ids}::text[])`;
}

function notFitting(text: string, family: string): string {
  if (family === 'prns' && !text.startsWith('prn:')) return `Not a valid PRN: ${text}, must start with 'prn:'`;
  return `URI not valid: ${text}`;
}

async function referenceCondition(api: Api, parameter: FilterParameter, column: Sql, raw: string): Promise<Sql> {
  if (!parameter.list && raw === 'null') return sql`${column} is null`;
  const ids: string[] = [];
  for (const text of parameter.list ? raw.split(',') : [raw]) {
    ids.push(await filteredId(api, parameter.declaration.kind ?? 'repository', text));
  }
  return sql`${column}::text = any (${ids}::text[])`;
}
