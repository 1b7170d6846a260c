import { queueReport } from '../call-report.ts';
import { missingValue } from '../errors.ts';
import { accepted, ok, operations, type Reply, V2_ROOT, type V2Request } from '../operation.ts';
import { checkImporterConfig, importerFamily } from '../plugins/check.ts';
import { presentImporter } from '../present/importer.ts';
import { cleanConfig, findImporter, getImporter, type Importer } from '../store/importers.ts';
import { findRepositoryView, getRepositoryView } from '../store/repositories.ts';
import { removeImporterCall, setImporterCall, updateImporterCall } from '../tasks/importer-tasks.ts';
import { isObject } from '../wire/body.ts';

export const IMPORTER_OPERATIONS = operations('remote', [
  ['GET', 'repositories/:repository/importers/', 'READ', 'none', list],
  ['POST', 'repositories/:repository/importers/', 'CREATE', 'object', add],
  ['GET', 'repositories/:repository/importers/:importer/', 'READ', 'none', get],
  ['PUT', 'repositories/:repository/importers/:importer/', 'UPDATE', 'object', update],
  ['DELETE', 'repositories/:repository/importers/:importer/', 'DELETE', 'none', remove],
]);

/** An unknown repository has an empty list (trap 68). */
async function list(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const view = await findRepositoryView(database, request.params.repository ?? '');
  const importer = view && (await findImporter(request, database, view));
  return ok(importer ? [presentImporter(importer, V2_ROOT)] : []);
}

/** Refused at once when it can be told; a config that is no object only fails the task (corrections.md 4.2). */
async function add(request: V2Request): Promise<Reply> {
  const { body, params } = request;
  const view = await getRepositoryView(request.app.services.database, params.repository ?? '');
  const family = importerFamily(request, body.importer_type_id);
  const config = body.importer_config ?? {};
  if (isObject(config)) checkImporterConfig(family, cleanConfig(config));
  return accepted(await queueReport(request, setImporterCall(request, view, family.importer.v2_type, config)));
}

async function get(request: V2Request): Promise<Reply> {
  return ok(presentImporter(await namedImporter(request), V2_ROOT));
}

async function update(request: V2Request): Promise<Reply> {
  const { repository, typeId } = await namedImporter(request);
  const config = request.body.importer_config ?? null;
  if (config === null) throw missingValue(['importer_config']);
  return accepted(await queueReport(request, updateImporterCall(request, repository, typeId, config)));
}

async function remove(request: V2Request): Promise<Reply> {
  const { repository, typeId } = await namedImporter(request);
  return accepted(await queueReport(request, removeImporterCall(request, repository, typeId)));
}

/** The importer in the path. 404 `{repository}`, then `{importer_id}`. */
export async function namedImporter(request: V2Request): Promise<Importer> {
  const { database } = request.app.services;
  const view = await getRepositoryView(database, request.params.repository ?? '');
  return getImporter(request, database, view, request.params.importer ?? '');
}
