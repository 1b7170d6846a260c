import type { Json } from '../../src/core/task/types.ts';
import { queueReport } from '../call-report.ts';
import { invalidValue, missingValue, V2Error } from '../errors.ts';
import { accepted, type JsonObject, operations, type Reply, type V2Request } from '../operation.ts';
import { readUnitCriteria } from '../search/unit-criteria.ts';
import { findRepositoryView, getRepositoryView } from '../store/repositories.ts';
import { associateCall } from '../tasks/associate.ts';
import { importUploadCall } from '../tasks/import-upload.ts';
import { unassociateCall } from '../tasks/unassociate.ts';
import { isObject } from '../wire/body.ts';
import { pyStr } from '../wire/python.ts';

/** What changes the units of a repository (v2-api.md 4.5). */
export const UNIT_ACTION_OPERATIONS = operations('repository', [
  ['POST', 'repositories/:repository/actions/associate/', 'UPDATE', 'object', associate],
  ['POST', 'repositories/:repository/actions/unassociate/', 'UPDATE', 'optionalObject', unassociate],
  ['POST', 'repositories/:repository/actions/import_upload/', 'UPDATE', 'object', importUpload],
]);

async function associate(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const { body, params } = request;
  const destination = await getRepositoryView(database, params.repository ?? '');
  const { source_repo_id: name = null } = body;
  if (name === null) throw missingValue(['source_repo_id']);
  const source = typeof name === 'string' ? await findRepositoryView(database, name) : null;
  if (!source) throw invalidValue(['source_repo_id']);
  const criteria = checkCriteria(body.criteria);
  await checkFurtherRepositories(request, body.override_config);
  return accepted(await queueReport(request, associateCall(request, source, destination, criteria)));
}

/** Sources of further copies, which the RPM family makes; they must exist whatever the family. */
async function checkFurtherRepositories(request: V2Request, overrides: Json | undefined): Promise<void> {
  const further = isObject(overrides) ? overrides.additional_repos : undefined;
  if (!isObject(further)) return;
  for (const name of [...Object.keys(further), ...Object.values(further)]) {
    const found = typeof name === 'string' && (await findRepositoryView(request.app.services.database, name));
    if (!found) throw invalidValue([pyStr(name)]);
  }
}

/** Criteria are checked before the repository. */
async function unassociate(request: V2Request): Promise<Reply> {
  const { body, params } = request;
  const criteria = checkCriteria(body.criteria);
  const repository = await getRepositoryView(request.app.services.database, params.repository ?? '');
  return accepted(await queueReport(request, unassociateCall(request, repository, criteria)));
}

/** Null fails in the original; it means everything here, as absent criteria do. */
function checkCriteria(criteria: Json | undefined): JsonObject {
  if (criteria === undefined || criteria === null) return {};
  if (!isObject(criteria)) throw invalidValue(['criteria']);
  try {
    readUnitCriteria(criteria);
    return criteria;
  } catch (error) {
    if (!(error instanceof V2Error) || error.extra.property_names?.toString() === 'criteria') throw error;
    throw invalidValue(['criteria'], { subErrors: [error] });
  }
}

const REQUIRED = ['upload_id', 'unit_type_id', 'unit_key'] as const;

/** The repository is not looked at here: without it the task fails. */
async function importUpload(request: V2Request): Promise<Reply> {
  const { body, params } = request;
  const absent = REQUIRED.find((name) => !Object.hasOwn(body, name));
  if (absent) throw missingValue([absent]);
  const name = params.repository ?? '';
  const repository = await findRepositoryView(request.app.services.database, name);
  const call = importUploadCall(request, repository, {
    repo_id: name,
    upload_id: body.upload_id ?? null,
    unit_type_id: body.unit_type_id ?? null,
    unit_key: body.unit_key ?? null,
    unit_metadata: body.unit_metadata ?? null,
  });
  return accepted(await queueReport(request, call));
}
