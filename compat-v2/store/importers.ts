import { createRemote, deleteRemote, openSecrets, updateRemote } from '../../src/core/remote/transactor.ts';
import type { RemoteRow } from '../../src/core/remote/types.ts';
import type { Json } from '../../src/core/task/types.ts';
import {
  importerToRemote,
  normaliseImporterConfig,
  type RemoteFields,
  remoteChanges,
  remoteToImporter,
} from '../../src/mapping/importer.ts';
import type { ImporterMapping, Kept } from '../../src/mapping/types.ts';
import type { Queryable, Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { missingResource } from '../errors.ts';
import { objectIdOf } from '../object-id.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { freeName } from './names.ts';
import type { RepositoryView } from './repositories.ts';
import { deleteSchedules, syncOwner } from './schedules.ts';

/** A repository's importer: a remote, a row of v2's own, or both. Its config is whole, secrets included. */
export type Importer = {
  readonly repository: RepositoryView;
  readonly objectId: string;
  readonly typeId: string;
  readonly mapping: ImporterMapping;
  readonly config: JsonObject;
  readonly scratchpad: Json;
  readonly lastSync: string | null;
  readonly lastUpdated: string;
  readonly remote: RemoteRow | null;
};

type ImporterRow = {
  repository_id: string;
  object_id: string;
  importer_type_id: string;
  kept: string | null;
  scratchpad: Json;
  last_sync: string | null;
  last_updated: string;
};

/** Importers by repository id. */
export async function loadImporters(
  v2: V2App,
  database: Queryable,
  views: readonly RepositoryView[],
): Promise<Map<string, Importer>> {
  const remoteIds = views.flatMap(({ remote_id }) => remote_id ?? []);
  const rows = await database.query<ImporterRow>(
    sql`select * from v2_importer where repository_id = any (${views.map(({ id }) => id)}::uuid[])`,
  );
  const rowOf = new Map(rows.map((row) => [row.repository_id, row]));
  const remotes = await database.query<RemoteRow>(sql`select * from remote where id = any (${remoteIds}::uuid[])`);
  const synced = await lastSyncs(
    database,
    views.filter(({ id, remote_id }) => remote_id !== null && !rowOf.has(id)),
  );
  const remoteOf = new Map(remotes.map((remote) => [remote.id, openSecrets(v2.app.services.secrets, remote)]));
  const importers = views.flatMap((view) => {
    const remote = remoteOf.get(view.remote_id ?? '') ?? null;
    return assemble(v2, view, rowOf.get(view.id) ?? null, remote, synced.get(view.id) ?? null) ?? [];
  });
  return new Map(importers.map((importer) => [importer.repository.id, importer]));
}

/** Ends of the newest syncs, for importers without a row of their own. */
async function lastSyncs(database: Queryable, views: readonly RepositoryView[]): Promise<Map<string, string>> {
  if (views.length === 0) return new Map();
  const rows = await database.query<{ repository_id: string; completed: string }>(sql`
    select repository_id, max(completed) as completed from v2_history
    where kind = 'sync' and repository_id = any (${views.map(({ id }) => id)}::uuid[])
    group by repository_id`);
  return new Map(rows.map(({ repository_id, completed }) => [repository_id, completed]));
}

function assemble(
  v2: V2App,
  repository: RepositoryView,
  row: ImporterRow | null,
  remote: RemoteRow | null,
  synced: string | null,
): Importer | null {
  const family = row ? v2.mappings.byImporter(row.importer_type_id) : v2.mappings.byRepository(repository.type);
  if (!family || (!row && !remote)) return null;
  const { importer: mapping } = family;
  const kept = row?.kept ? (JSON.parse(v2.app.services.secrets.open(row.kept)) as Kept) : {};
  return {
    repository,
    objectId: row?.object_id ?? objectIdOf(remote?.id ?? repository.id),
    typeId: mapping.v2_type,
    mapping,
    config: remoteToImporter(mapping, remote && { ...remote }, kept) as JsonObject,
    scratchpad: row?.scratchpad ?? null,
    lastSync: row?.last_sync ?? synced,
    lastUpdated: row?.last_updated ?? remote?.updated ?? '',
    remote,
  };
}

export async function findImporter(v2: V2App, database: Queryable, view: RepositoryView): Promise<Importer | null> {
  return (await loadImporters(v2, database, [view])).get(view.id) ?? null;
}

/** 404 `{importer_id}` unless the repository has an importer of that type. */
export async function getImporter(
  v2: V2App,
  database: Queryable,
  view: RepositoryView,
  typeId: string,
): Promise<Importer> {
  const importer = await findImporter(v2, database, view);
  if (importer?.typeId !== typeId) throw missingResource({ importer_id: typeId });
  return importer;
}

/** Gives a repository an importer; it has none (any more). */
export async function createImporter(
  v2: V2App,
  tx: Transaction,
  view: RepositoryView,
  mapping: ImporterMapping,
  config: JsonObject,
): Promise<void> {
  const { remote, kept } = importerToRemote(mapping, config);
  if (remote) await attachRemote(v2, tx, view, mapping, remote);
  await tx.execute(sql`
    insert into v2_importer (repository_id, object_id, importer_type_id, kept)
    values (${view.id}, substr(replace(new_id()::text, '-', ''), 1, 24), ${mapping.v2_type}, ${sealKept(v2, kept)})`);
}

/** Replaces an importer's config by a valid one; fields of the remote that v2 did not touch stay. */
export async function changeImporter(v2: V2App, tx: Transaction, importer: Importer, config: JsonObject) {
  const { mapping, repository, remote: current } = importer;
  const { remote, kept } = importerToRemote(mapping, config);
  if (current && remote) {
    const changes = remoteChanges(mapping, importer.config, config) as Partial<RemoteRow>;
    if (Object.keys(changes).length > 0) await updateRemote(tx, v2.app.services.secrets, current.id, changes);
  } else if (remote) {
    await attachRemote(v2, tx, repository, mapping, remote);
  } else if (current) {
    await detachRemote(tx, repository);
  }
  await tx.execute(sql`
    insert into v2_importer (repository_id, object_id, importer_type_id, kept)
    values (${repository.id}, ${importer.objectId}, ${importer.typeId}, ${sealKept(v2, kept)})
    on conflict (repository_id) do update set kept = excluded.kept, last_updated = clock_timestamp()`);
}

/** Takes the importer away, with its schedules; units stay. */
export async function removeImporter(v2: V2App, tx: Transaction, view: RepositoryView): Promise<void> {
  await deleteSchedules(tx, syncOwner(v2, view));
  await detachRemote(tx, view);
  await tx.execute(sql`delete from v2_importer where repository_id = ${view.id}`);
}

/** A config as v2 stores it: nulls away, credentials out of the feed. */
export function cleanConfig(config: JsonObject): JsonObject {
  return normaliseImporterConfig(config) as JsonObject;
}

async function attachRemote(
  v2: V2App,
  tx: Transaction,
  view: RepositoryView,
  mapping: ImporterMapping,
  fields: RemoteFields,
): Promise<void> {
  const name = await freeName(tx, 'remote', view.name);
  const values = { ...fields, type: mapping.v3_type, name } as Partial<RemoteRow>;
  const remote = await createRemote(tx, v2.app.services.secrets, values);
  await tx.execute(
    sql`update repository set remote_id = ${remote.id}, updated = clock_timestamp() where id = ${view.id}`,
  );
}

/** The remote goes too, unless another repository or an alternate content source uses it. */
async function detachRemote(tx: Transaction, view: RepositoryView): Promise<void> {
  const { remote_id: id } = await tx.one<{ remote_id: string | null }>(
    sql`select remote_id from repository where id = ${view.id} for update`,
  );
  if (id === null) return;
  await tx.execute(sql`update repository set remote_id = null, updated = clock_timestamp() where id = ${view.id}`);
  const used = await tx.find(sql`
    select id from repository where remote_id = ${id}
    union all select id from alternate_content_source where remote_id = ${id} limit 1`);
  if (!used) await deleteRemote(tx, id);
}

function sealKept(v2: V2App, kept: Kept): string | null {
  return Object.keys(kept).length === 0 ? null : v2.app.services.secrets.seal(JSON.stringify(kept));
}
