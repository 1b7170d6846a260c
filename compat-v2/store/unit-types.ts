import type { V2App } from '../operation.ts';
import type { UnitType } from '../present/unit.ts';

/** The unit types that a repository of this type may hold, in the order of their v2 names. */
export function unitTypesOf({ app, mappings }: V2App, repositoryType: string): UnitType[] {
  const types = app.registry.repositoryType(repositoryType).contentTypes;
  return types.flatMap((type) => mappings.byContent(type) ?? []).sort(byName);
}

export function allUnitTypes({ mappings }: V2App): UnitType[] {
  return mappings.families.flatMap((family) => family.units.map((unit) => ({ family, unit }))).sort(byName);
}

function byName(left: UnitType, right: UnitType): number {
  return left.unit.v2_type < right.unit.v2_type ? -1 : 1;
}
