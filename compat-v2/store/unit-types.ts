import type { Mappings } from '../../src/mapping/load.ts';
import type { App } from '../../src/plugin/app.ts';
import type { UnitType } from '../present/unit.ts';

/** The unit types that a repository of this type may hold, in the order of their v2 names. */
export function unitTypesOf(app: App, mappings: Mappings, repositoryType: string): UnitType[] {
  const types = app.registry
    .repositoryType(repositoryType)
    .contentTypes.flatMap((type) => mappings.byContent(type) ?? []);
  return types.sort((left, right) => (left.unit.v2_type < right.unit.v2_type ? -1 : 1));
}

export function allUnitTypes(mappings: Mappings): UnitType[] {
  return mappings.families.flatMap((family) => family.units.map((unit) => ({ family, unit })));
}
