import { PulpError } from '../../src/core/errors.ts';
import { createRepository } from '../../src/core/repository/transactor.ts';
import type { Json } from '../../src/core/task/types.ts';
import type { FamilyMapping } from '../../src/mapping/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { duplicateResource, invalidValue } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { checkImporterConfig, importerFamily } from '../plugins/check.ts';
import { isObject } from '../wire/body.ts';
import { addDistributor } from './add-distributor.ts';
import { cleanConfig, createImporter } from './importers.ts';
import { getRepositoryView, type RepositoryView, saveFacts } from './repositories.ts';

type Wanted = { id: string; display_name: string | null; description: string | null; notes: JsonObject };

/** Makes a repository with all its parts, or nothing (v2-api.md 4.2). */
export async function createWholeRepository(v2: V2App, tx: Transaction, body: JsonObject): Promise<RepositoryView> {
  const distributors = distributorList(body.distributors);
  const wanted = checkFields(body);
  await insertRepository(tx, familyOf(v2, body, wanted.notes), wanted);
  const view = await getRepositoryView(tx, wanted.id);
  await saveFacts(tx, view, {}, { display_name: wanted.display_name, notes: wanted.notes, scratchpad: {} });
  if (body.importer_type_id !== undefined && body.importer_type_id !== null) {
    await addImporter(v2, tx, view, body.importer_type_id, body.importer_config ?? {});
  }
  for (const distributor of distributors) await addDistributor(v2, tx, view, distributor);
  return getRepositoryView(tx, wanted.id);
}

function distributorList(given: Json | undefined): JsonObject[] {
  const list = given ?? [];
  if (!Array.isArray(list) || !list.every(isObject)) throw invalidValue(['distributor_list']);
  return list;
}

function checkFields(body: JsonObject): Wanted {
  const { id, display_name = id, description = null } = body;
  const notes = body.notes ?? {};
  const bad = [
    ...(typeof id === 'string' && /^[.\-_A-Za-z0-9]{1,255}$/.test(id) ? [] : ['repo_id']),
    ...(isTextOrNull(display_name ?? null) ? [] : ['display_name']),
    ...(isTextOrNull(description) ? [] : ['description']),
    ...(isNotes(notes) ? [] : ['notes']),
  ];
  if (bad.length > 0) throw invalidValue(bad);
  return { id, display_name: display_name ?? null, description, notes } as Wanted;
}

/** Names that the original's database could not store are refused, at any depth. */
export function isNotes(value: Json): value is JsonObject {
  return isObject(value) && hasPlainNames(value);
}

function hasPlainNames(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const isPlain = (name: string) => !name.includes('.') && !name.startsWith('$');
  return (Array.isArray(value) || Object.keys(value).every(isPlain)) && Object.values(value).every(hasPlainNames);
}

export function isTextOrNull(value: Json): value is string | null {
  return value === null || typeof value === 'string';
}

/** The kind of content: said by the importer, or by the note of the clients, else the first there is. */
function familyOf(v2: V2App, body: JsonObject, notes: JsonObject): FamilyMapping {
  const { mappings } = v2;
  const byImporter = typeof body.importer_type_id === 'string' ? mappings.byImporter(body.importer_type_id) : undefined;
  const note = notes['_repo-type'];
  const family = byImporter ?? (typeof note === 'string' ? mappings.byNote(note) : undefined) ?? mappings.families[0];
  if (!family) throw new Error('There are no mappings.');
  return family;
}

/**
 * One version is kept beside those that are served: what v2 removes from a repository belongs to none then, and is an
 * orphan at once.
 */
async function insertRepository(tx: Transaction, family: FamilyMapping, wanted: Wanted): Promise<void> {
  try {
    await createRepository(tx, {
      type: family.repository.type,
      name: wanted.id,
      description: wanted.description,
      labels: {},
      retain_repo_versions: 1,
      retain_checkpoints: null,
      remote_id: null,
      data: {},
    });
  } catch (error) {
    if (error instanceof PulpError && error.kind === 'validation') throw duplicateResource(wanted.id);
    throw error;
  }
}

async function addImporter(v2: V2App, tx: Transaction, view: RepositoryView, typeId: Json, given: Json): Promise<void> {
  const family = importerFamily(v2, typeId);
  if (!isObject(given)) throw invalidValue(['importer_config']);
  const config = cleanConfig(given);
  checkImporterConfig(family, config);
  await createImporter(v2, tx, view, family.importer, config);
}
