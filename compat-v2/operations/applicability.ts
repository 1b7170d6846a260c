import { randomUUID } from 'node:crypto';
import type { Json } from '../../src/core/task/types.ts';
import { queueReport } from '../call-report.ts';
import { invalidValue, missingValue, V2Error } from '../errors.ts';
import { accepted, href, type JsonObject, operations, type Reply, type V2Request } from '../operation.ts';
import { readCriteria } from '../search/criteria.ts';
import { regenerateCall } from '../tasks/applicability.ts';
import { isObject } from '../wire/body.ts';

/** Katello asks for this after every change of a repository. */
export const APPLICABILITY_OPERATIONS = operations('repository', [
  ['POST', 'repositories/actions/content/regenerate_applicability/', 'CREATE', 'object', regenerate],
]);

async function regenerate(request: V2Request): Promise<Reply> {
  const { repo_criteria } = request.body;
  const criteria = checkCriteria(repo_criteria);
  const parallel = request.body.parallel ?? false;
  if (typeof parallel !== 'boolean') throw invalidValue(['parallel']);
  if (!parallel) return accepted(await queueReport(request, regenerateCall(criteria)));
  // One task per consumer profile: none, and a group without tasks is legal (v2-api.md 2.2).
  const group_id = randomUUID();
  return accepted({ group_id, _href: href('task_groups', group_id) });
}

function checkCriteria(criteria: Json | undefined): JsonObject {
  if (criteria === undefined || criteria === null) throw missingValue(['repo_criteria']);
  if (!isObject(criteria)) throw invalidValue(['repo_criteria']);
  try {
    readCriteria(criteria);
    return criteria;
  } catch (error) {
    if (!(error instanceof V2Error)) throw error;
    throw invalidValue(['repo_criteria'], { subErrors: [error] });
  }
}
