import type { TaskDefinition } from '../../src/core/task/types.ts';
import type { V2Call } from '../call-report.ts';
import type { JsonObject } from '../operation.ts';
import { actionTag } from '../tags.ts';
import { v2Task } from './v2-task.ts';

const FOR_REPOSITORIES = 'pulp.server.managers.consumer.applicability.regenerate_applicability_for_repos';

const TAGS = [actionTag('content_applicability_regeneration')];

/** Regenerations wait for each other, whatever they are for (v2-api.md 2.4). */
const LOCK = 'pdrn:v2:content_applicability_regeneration';

export function regenerateCall(criteria: JsonObject): V2Call {
  return { taskType: FOR_REPOSITORIES, tags: TAGS, args: { criteria }, exclusive: [LOCK], shared: [] };
}

/** Applicability is that of consumers' profiles. There are no consumers yet, so there is nothing to compute. */
export const regenerateTask: TaskDefinition = v2Task(
  FOR_REPOSITORIES,
  () => TAGS,
  async () => null,
);
