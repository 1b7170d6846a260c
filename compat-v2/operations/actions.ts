import { queueReport } from '../call-report.ts';
import { isTrue } from '../config.ts';
import { invalidValue, missingValue, wrongType } from '../errors.ts';
import { accepted, type JsonObject, operations, type Reply, type V2Request } from '../operation.ts';
import { getRepositoryView } from '../store/repositories.ts';
import { downloadCall, publishCall, syncCall } from '../tasks/calls.ts';
import { isObject } from '../wire/body.ts';

export const ACTION_OPERATIONS = operations('repository', [
  ['POST', 'repositories/:repository/actions/sync/', 'EXECUTE', 'optionalObject', sync],
  ['POST', 'repositories/:repository/actions/publish/', 'EXECUTE', 'object', publish],
  ['POST', 'repositories/:repository/actions/download/', 'EXECUTE', 'optionalObject', download],
]);

async function sync(request: V2Request): Promise<Reply> {
  const view = await getRepositoryView(request.app.services.database, request.params.repository ?? '');
  return accepted(await queueReport(request, syncCall(request, view, overrideOf(request.body))));
}

/** Whether the distributor exists is the task's business (trap 45). */
async function publish(request: V2Request): Promise<Reply> {
  const view = await getRepositoryView(request.app.services.database, request.params.repository ?? '');
  const id = request.body.id ?? null;
  if (id === null) throw missingValue(['id']);
  if (typeof id !== 'string') throw invalidValue(['id']);
  return accepted(await queueReport(request, publishCall(request, view, id, overrideOf(request.body))));
}

async function download(request: V2Request): Promise<Reply> {
  const view = await getRepositoryView(request.app.services.database, request.params.repository ?? '');
  const { verify_all_units: verify = false } = request.body;
  if (typeof verify !== 'boolean') throw wrongType('verify_all_units', 'boolean', verify);
  return accepted(await queueReport(request, downloadCall(view, verify)));
}

function overrideOf({ override_config: override = null }: JsonObject): JsonObject {
  if (!isTrue(override)) return {};
  if (!isObject(override)) throw invalidValue(['override_config']);
  return override;
}
