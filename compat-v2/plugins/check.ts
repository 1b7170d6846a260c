import type { Json } from '../../src/core/task/types.ts';
import type { DistributorMapping, FamilyMapping } from '../../src/mapping/types.ts';
import { codedError, dataError, invalidValue } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { pyStr } from '../wire/python.ts';
import { familyBehaviour } from './families.ts';

/** The family of an importer type. 400 PLP1008 for types that nothing here provides. */
export function importerFamily({ mappings }: V2App, typeId: Json | undefined): FamilyMapping {
  const family = typeof typeId === 'string' ? mappings.byImporter(typeId) : undefined;
  if (family) return family;
  const text = `The importer type ${pyStr(typeId)} does not exist`;
  throw codedError('PLP1008', text, { importer_type_id: typeId ?? null });
}

/** The mapping of a distributor type. 400 `distributor_type_id` for types that nothing here provides. */
export function distributorMapping({ mappings }: V2App, typeId: Json | undefined): DistributorMapping {
  const found = typeof typeId === 'string' ? mappings.byDistributor(typeId) : undefined;
  if (!found?.distributor.keys) throw invalidValue(['distributor_type_id']);
  return found.distributor;
}

/** 400 with the plugin's words when it refuses the config. */
export function checkImporterConfig(family: FamilyMapping, config: JsonObject): void {
  const refusal = familyBehaviour(family.family).refuseImporterConfig(config);
  if (refusal !== null) throw dataError(refusal);
}

/** 400 with the plugin's words when it refuses the config. */
export function checkDistributorConfig({ mappings }: V2App, mapping: DistributorMapping, config: JsonObject): void {
  const family = mappings.byDistributor(mapping.v2_type)?.family.family ?? '';
  const refusal = familyBehaviour(family).refuseDistributorConfig(config);
  if (refusal !== null) throw dataError(refusal);
}
