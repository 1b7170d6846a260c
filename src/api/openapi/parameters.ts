import type { Api } from '../api.ts';
import type { Operation, Resource } from '../declare/types.ts';
import type { FilterParameter, FilterValue } from '../filter/expand.ts';
import type { Schema } from './schemas.ts';

export interface DocumentVariant {
  /** Operation ids without their prefix. */
  bindings: boolean;
  /** Real paths in place of href parameters. */
  plainPaths: boolean;
  /** Null: all. */
  components: readonly string[] | null;
}

const TEXTS = { type: 'array', items: { type: 'string' } };

const COMMON: Record<string, Schema> = {
  limit: { schema: { type: 'integer' } },
  offset: { schema: { type: 'integer' } },
  q: { schema: { type: 'string' } },
  fields: { schema: TEXTS },
  exclude_fields: { schema: TEXTS },
};

const VALUES: Record<FilterValue, Schema> = {
  text: { type: 'string' },
  date: { type: 'string', format: 'date-time' },
  integer: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  uuid: { type: 'string', format: 'uuid' },
};

/** Parameters of an operation; lists are declared as such, or the official client refuses its own options. */
export function operationParameters(
  api: Api,
  operation: Operation,
  href: string | null,
  variant: DocumentVariant,
): Schema[] {
  const nested = variant.plainPaths && operation.path.split('{}').length > 2;
  return [
    ...operation.headers.map((name) => ({ in: 'header', name, required: true, schema: { type: 'string' } })),
    { in: 'header', name: 'X-Task-Diagnostics', schema: TEXTS },
    ...(nested ? [{ in: 'path', name: 'parent_id', required: true, schema: { type: 'string' } }] : []),
    ...(href === null ? [] : [{ in: 'path', name: href, required: true, schema: { type: 'string' } }]),
    ...operation.query.flatMap((name) => queryParameters(api, operation.resource, name)),
  ];
}

function queryParameters(api: Api, resource: Resource, name: string): Schema[] {
  if (name === '*filters') return [...api.filtersOf(resource).values()].map(filterParameter);
  if (name === 'ordering') return [orderingParameter(resource)];
  const known = COMMON[name];
  if (!known) throw new Error(`There is no query parameter called ${name}.`);
  return [{ in: 'query', name, ...known }];
}

function filterParameter(parameter: FilterParameter): Schema {
  const value: Schema = { ...VALUES[parameter.value] };
  if (parameter.declaration.choices) value.enum = parameter.declaration.choices;
  if (!parameter.list) return { in: 'query', name: parameter.name, schema: value };
  const schema = { type: 'array', items: value };
  return { in: 'query', name: parameter.name, explode: parameter.declaration.exploded === true, style: 'form', schema };
}

function orderingParameter(resource: Resource): Schema {
  const names = Object.keys(resource.ordering).flatMap((name) => [`-${name}`, name]);
  const schema = { type: 'array', items: { type: 'string', enum: names } };
  return { in: 'query', name: 'ordering', explode: false, style: 'form', schema };
}
