import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileSchema, readChecked, YamlError } from '../platform/yaml/read-checked.ts';
import { MAPPING_SCHEMA } from './schema.ts';
import type { DistributorMapping, FamilyMapping, UnitMapping } from './types.ts';

/** All families, and lookups by the names of v2. */
export type Mappings = {
  readonly families: readonly FamilyMapping[];
  family(name: string): FamilyMapping | undefined;
  byImporter(v2Type: string): FamilyMapping | undefined;
  byDistributor(v2Type: string): { family: FamilyMapping; distributor: DistributorMapping } | undefined;
  byUnit(v2Type: string): { family: FamilyMapping; unit: UnitMapping } | undefined;
  byContent(v3Type: string): { family: FamilyMapping; unit: UnitMapping } | undefined;
  byNote(repoType: string): FamilyMapping | undefined;
  byRepository(v3Type: string): FamilyMapping | undefined;
};

/** Reads every mapping of a folder; a YamlError names file, line and key of each mistake. */
export function loadMappings(folder: string): Mappings {
  const validate = compileSchema<FamilyMapping>(MAPPING_SCHEMA);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  const families = files.map((name) => {
    const family = readChecked(readFileSync(join(folder, name), 'utf8'), `mappings/${name}`, validate);
    checkUnitKeys(family, `mappings/${name}`);
    return family;
  });
  return indexMappings(families);
}

function checkUnitKeys(family: FamilyMapping, name: string): void {
  for (const unit of family.units) {
    const missing = unit.key.filter((key) => unit.keys[key]?.target === undefined);
    if (missing.length > 0)
      throw new YamlError([`${name}: units.${unit.v2_type}: keys without target: ${missing.join(', ')}`]);
  }
}

export function indexMappings(families: readonly FamilyMapping[]): Mappings {
  const distributors = families.flatMap((family) =>
    family.distributors.map((distributor) => ({ family, distributor })),
  );
  const units = families.flatMap((family) => family.units.map((unit) => ({ family, unit })));
  return {
    families,
    family: (name) => families.find((family) => family.family === name),
    byImporter: (v2Type) => families.find((family) => family.importer.v2_type === v2Type),
    byDistributor: (v2Type) => distributors.find((entry) => entry.distributor.v2_type === v2Type),
    byUnit: (v2Type) => units.find((entry) => entry.unit.v2_type === v2Type),
    byContent: (v3Type) => units.find((entry) => entry.unit.v3_type === v3Type),
    byNote: (repoType) => families.find((family) => family.repository.note === repoType),
    byRepository: (v3Type) => families.find((family) => family.repository.type === v3Type),
  };
}
