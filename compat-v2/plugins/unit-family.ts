import type { UnitMapping } from '../../src/mapping/types.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import type { JsonObject } from '../operation.ts';
import { isoUnits } from './iso/unit-family.ts';
import type { UploadedBytes } from './uploaded-bytes.ts';

/** What a family's units have that neither the mapping nor the content says. */
export interface UnitFamily {
  /** Name of the file in the unit's folder of the old content store (v2-plugins.md 0.5); null: the unit has no file. */
  fileName(unit: Readonly<Record<string, unknown>>): string | null;
  /** The unit that an upload with this key is for. */
  uploadedUnit(database: Queryable, mapping: UnitMapping, key: JsonObject): Promise<JsonObject>;
  /** Why the uploaded file cannot be the unit; null when it can. */
  refuseUpload(unit: JsonObject, bytes: UploadedBytes): string | null;
}

const FAMILIES: Readonly<Record<string, UnitFamily>> = { iso: isoUnits };

/** Throws for families that v2 does not know how to present. */
export function unitFamily(name: string): UnitFamily {
  const family = Object.hasOwn(FAMILIES, name) ? FAMILIES[name] : undefined;
  if (!family) throw new Error(`The family ${name} has no presentation in v2.`);
  return family;
}
