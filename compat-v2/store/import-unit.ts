import { saveArtifacts } from '../../src/core/artifact/store.ts';
import { storeContent } from '../../src/core/content/store.ts';
import { PulpError } from '../../src/core/errors.ts';
import { NOTHING } from '../../src/core/repository/new-version.ts';
import type { Job, Json } from '../../src/core/task/types.ts';
import { unitToContent } from '../../src/mapping/unit.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import type { StagedFile } from '../../src/platform/storage/artifact-store.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { unitFamily } from '../plugins/unit-family.ts';
import { storageFolder, type UnitType } from '../present/unit.ts';
import { isObject } from '../wire/body.ts';
import { MATCHED, markReplaced, stageUnits } from './associations.ts';
import { changeUnits } from './change-units.ts';
import type { RepositoryView } from './repositories.ts';

/** The file is not what was said, or cannot be a unit: the reason, for people. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
}

export interface UnitImport {
  repository: RepositoryView;
  type: UnitType;
  upload: string;
  unit: JsonObject;
  metadata: Json;
}

/**
 * Checks an upload against the unit that it is said to be, stores it, and puts it into the repository in place of what
 * has the same name. `UploadRefused` leaves nothing behind. The upload itself stays.
 */
export async function importUnit(v2: V2App, job: Job, order: UnitImport): Promise<void> {
  const { store } = job.services;
  const staged = await store.stageUpload(order.upload, { keep: true, expected: {} });
  try {
    const attributes = await describe(v2, order, staged);
    await changeUnits(v2, job, order.repository, async (tx) => {
      const id = await storeUnit(v2, tx, order, staged, attributes);
      await stageUnits(tx, [[id]]);
      await markReplaced(tx, order.repository);
      return { add: MATCHED, remove: NOTHING, result: null };
    });
  } finally {
    await staged.discard();
  }
}

async function describe(v2: V2App, { type, unit }: UnitImport, staged: StagedFile): Promise<Record<string, Json>> {
  const reason = unitFamily(type.family.family).refuseUpload(unit, staged);
  if (reason !== null) throw new UploadRefused(reason);
  const { fields, problem } = unitToContent(type.unit, unit);
  if (!fields) throw new UploadRefused(problem ?? 'the unit key is incomplete');
  const relativePath = typeof fields.relative_path === 'string' ? fields.relative_path : null;
  const { sha256, size } = staged;
  const plugin = v2.app.registry.pluginOf(type.unit.v3_type);
  try {
    return await plugin.describeUpload(v2.app.services.database, {
      type: type.unit.v3_type,
      relativePath,
      sha256,
      size,
    });
  } catch (error) {
    throw error instanceof PulpError ? new UploadRefused(plainText(error)) : error;
  }
}

function plainText(error: PulpError): string {
  const texts = error.errors && !Array.isArray(error.errors) ? Object.values(error.errors).flat() : [];
  const [text] = texts;
  return typeof text === 'string' ? text : error.message;
}

async function storeUnit(
  v2: V2App,
  tx: Transaction,
  { type, unit, metadata }: UnitImport,
  staged: StagedFile,
  attributes: Record<string, Json>,
): Promise<string> {
  const { v3_type } = type.unit;
  const key = v2.app.registry.contentType(v3_type).naturalKey.map((name) => String(attributes[name]));
  const path = String(attributes.relative_path);
  const before = await tx.one<{ now: string }>(sql`select clock_timestamp() as now`);
  await saveArtifacts(tx, v2.app.services.store, [staged]);
  const artifacts = [{ relative_path: path, sha256: staged.sha256, source: null }];
  const [id = ''] = await storeContent(tx, [
    { type: v3_type, key, attributes, details: null, artifacts, origin: null },
  ]);
  await keepFacts(tx, id, before.now, storageFolder(type.unit, unit), isObject(metadata) ? metadata : {});
  return id;
}

/** The path in the old content store, which for uploads lacks the name, and the metadata that came with the upload. */
async function keepFacts(
  tx: Transaction,
  id: string,
  since: string,
  folder: string,
  metadata: JsonObject,
): Promise<void> {
  const { pulp_user_metadata: user } = metadata;
  const { is_new } = await tx.one<{ is_new: boolean }>(
    sql`select created >= ${since} as is_new from content where id = ${id}`,
  );
  if (!is_new && !isObject(user)) return;
  const kept = is_new ? { _storage_path: folder } : {};
  const given = isObject(user) ? JSON.stringify(user) : null;
  await tx.execute(sql`
    insert into v2_unit (content_id, kept, user_metadata)
    values (${id}, ${JSON.stringify(kept)}::jsonb, coalesce(${given}::jsonb, '{}'))
    on conflict (content_id) do update set user_metadata = coalesce(${given}::jsonb, v2_unit.user_metadata)`);
}
