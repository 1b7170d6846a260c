import { invalidList } from '../../core/errors.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import type { FilterParameter } from './expand.ts';

const WANTS_VERSION = ['content_in_version', 'content_added', 'content_removed'];
const WANTS_RESOURCE = ['task_reserved', 'task_exclusive', 'task_shared'];

/**
 * What a parameter without a value asks for where that is not everything: a list of no objects finds none, a missing
 * version or label term is a mistake. Null: the parameter counts for nothing.
 */
export function emptyFilter({ declaration, list }: FilterParameter): Sql | null {
  const { family, special = '' } = declaration;
  if (family === 'hrefs' || family === 'prns' || family === 'ids') return sql`false`;
  if (family === 'labels') throw invalidList("Invalid search term: ''.");
  if (family === 'reference' && list) throw invalidList(`No value supplied for ${declaration.kind} filter.`);
  if (WANTS_VERSION.includes(special)) throw invalidList('No value supplied for repository version filter');
  return WANTS_RESOURCE.includes(special) ? sql`false` : null;
}
