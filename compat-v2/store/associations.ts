import type { Mappings } from '../../src/mapping/load.ts';
import type { App } from '../../src/plugin/app.ts';
import type { UnitType } from '../present/unit.ts';
import type { Searched } from '../search/collections/associations.ts';
import type { UnitCriteria } from '../search/unit-criteria.ts';
import { unitTypesOf } from './unit-types.ts';

export interface SearchScope {
  searched: Searched;
  /** By content type. */
  types: ReadonlyMap<string, UnitType>;
}

/** What a search for units of a repository looks at: unknown types find nothing. */
export function searchScope(
  app: App,
  mappings: Mappings,
  repository: { id: string; name: string; type: string },
  criteria: UnitCriteria,
): SearchScope {
  const all = unitTypesOf(app, mappings, repository.type);
  const wanted = all.filter(({ unit }) => criteria.typeIds?.includes(unit.v2_type) ?? true);
  const isWhole = wanted.length === app.registry.repositoryType(repository.type).contentTypes.length;
  return {
    searched: { repository, types: wanted.map(({ unit }) => unit), isWhole },
    types: new Map(wanted.map((type) => [type.unit.v3_type, type])),
  };
}
