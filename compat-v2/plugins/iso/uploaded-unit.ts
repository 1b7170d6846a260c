import type { Json } from '../../../src/core/task/types.ts';
import type { UnitMapping } from '../../../src/mapping/types.ts';
import type { Queryable } from '../../../src/platform/postgres/database.ts';
import { allOf, constant, sql } from '../../../src/platform/postgres/sql.ts';
import { executionError } from '../../errors.ts';
import type { JsonObject } from '../../operation.ts';
import { pyStr } from '../../wire/python.ts';
import type { UploadedBytes } from '../uploaded-bytes.ts';

/** The name of the file that lists all others: no unit may have it. */
const MANIFEST = 'PULP_MANIFEST';

/**
 * The unit that an upload is for: as in the original the first one that has the members of the key that were sent, else
 * a new one of just these (corrections.md, v2-plugins.md 1.8.1). Unknown members end the task.
 */
export async function uploadedIso(database: Queryable, mapping: UnitMapping, key: JsonObject): Promise<JsonObject> {
  const sent = Object.entries(key).map(([name, value]) => {
    const target = mapping.keys[name]?.target;
    if (target === undefined) throw executionError('Pulp exception occurred: PulpExecutionException');
    return { name, attribute: target.replace('content.', ''), value: coerce(mapping.keys[name]?.type, value) };
  });
  const conditions = sent.map(
    ({ attribute, value }) => sql`content.attributes -> ${constant(attribute)} = ${JSON.stringify(value)}::jsonb`,
  );
  const existing = await database.find<{ attributes: Record<string, Json> }>(sql`
    select attributes from content where type = ${mapping.v3_type} and ${allOf(conditions)} order by id limit 1`);
  const names = Object.entries(mapping.keys).map(([name, { target = '' }]) => [name, target.replace('content.', '')]);
  if (!existing) return Object.fromEntries(sent.map(({ name, value }) => [name, value]));
  return Object.fromEntries(names.map(([name = '', attribute = '']) => [name, existing.attributes[attribute] ?? null]));
}

/** Sizes may be sent as text. */
function coerce(type: string | undefined, value: Json): Json {
  return type === 'integer' && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/** Why the file cannot be the unit, in the original's words; null when it can. */
export function refuseIso(unit: JsonObject, { sha256, size }: UploadedBytes): string | null {
  const { name = null } = unit;
  if (name === MANIFEST) {
    return `An ISO may not be named ${MANIFEST}, as it conflicts with the name of the manifest during publishing.`;
  }
  const shown = pyStr(name);
  if (unit.size !== size) {
    return (
      `Downloading <${shown}> failed validation. The manifest specified that the file should be ` +
      `${pyStr(unit.size)} bytes, but the downloaded file is ${size} bytes.`
    );
  }
  return unit.checksum === sha256 ? null : wrongChecksum(shown, pyStr(unit.checksum), sha256);
}

/** What the original said of a file with other bytes than its manifest or upload has. */
export function wrongChecksum(name: string, expected: string, actual: string): string {
  return (
    `Downloading <${name}> failed checksum validation. The manifest specified the checksum to be ` +
    `${expected}, but it was ${actual}.`
  );
}
