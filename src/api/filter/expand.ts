import type { FilterDeclaration, FilterFamily } from '../declare/types.ts';

export type Operator =
  | 'exact'
  | 'ne'
  | 'in'
  | 'iexact'
  | 'contains'
  | 'icontains'
  | 'startswith'
  | 'istartswith'
  | 'regex'
  | 'iregex'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'range'
  | 'isnull';

export type FilterValue = 'text' | 'date' | 'integer' | 'number' | 'boolean' | 'uuid';

/** One query parameter of a list. */
export interface FilterParameter {
  name: string;
  operator: Operator;
  value: FilterValue;
  list: boolean;
  declaration: FilterDeclaration;
}

const TEXT: readonly Operator[] = [
  'exact',
  'iexact',
  'in',
  'contains',
  'icontains',
  'startswith',
  'istartswith',
  'regex',
  'iregex',
];
const ORDER: readonly Operator[] = ['exact', 'lt', 'lte', 'gt', 'gte', 'range'];

const FAMILIES: Record<FilterFamily, { operators: readonly Operator[]; value: FilterValue }> = {
  name: { operators: TEXT, value: 'text' },
  task_name: { operators: ['exact', 'contains', 'in', 'ne'], value: 'text' },
  text: { operators: ['exact', 'contains', 'icontains', 'in'], value: 'text' },
  contains: { operators: ['exact', 'contains'], value: 'text' },
  exact: { operators: ['exact'], value: 'text' },
  date: { operators: [...ORDER, 'isnull'], value: 'date' },
  number: { operators: ORDER, value: 'integer' },
  nullable_number: { operators: [...ORDER, 'ne', 'isnull'], value: 'integer' },
  size: { operators: ['exact', 'lt', 'gt', 'range'], value: 'integer' },
  boolean: { operators: ['exact'], value: 'boolean' },
  choice: { operators: ['exact', 'in', 'ne'], value: 'text' },
  type: { operators: ['exact', 'in'], value: 'text' },
  reference: { operators: ['exact'], value: 'text' },
  labels: { operators: ['exact'], value: 'text' },
  hrefs: { operators: ['in'], value: 'text' },
  prns: { operators: ['in'], value: 'text' },
  ids: { operators: ['in'], value: 'uuid' },
  special: { operators: ['exact'], value: 'text' },
};

/** All query parameters that a resource's filters stand for, by name. */
export function expandFilters(filters: Record<string, FilterDeclaration>): Map<string, FilterParameter> {
  const parameters = Object.entries(filters).flatMap(([name, declaration]) => expand(name, declaration));
  return new Map(parameters.map((parameter) => [parameter.name, parameter]));
}

function expand(name: string, declaration: FilterDeclaration): FilterParameter[] {
  const { operators, value } = FAMILIES[declaration.family];
  return operators.map((operator) => ({
    name: operator === 'exact' || name.endsWith(`__${operator}`) ? name : `${name}__${operator}`,
    operator: declaration.list ? 'in' : operator,
    value: operator === 'isnull' ? 'boolean' : (declaration.type ?? value),
    list: declaration.list === true || operator === 'in' || operator === 'range',
    declaration,
  }));
}
