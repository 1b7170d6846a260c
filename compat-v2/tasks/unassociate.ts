import { NOTHING } from '../../src/core/repository/new-version.ts';
import type { TaskDefinition } from '../../src/core/task/types.ts';
import type { V2Call } from '../call-report.ts';
import { missingResource } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { readUnitCriteria } from '../search/unit-criteria.ts';
import { MATCHED, stageMatches } from '../store/associations.ts';
import { changeUnits } from '../store/change-units.ts';
import { findRepositoryView, type RepositoryView } from '../store/repositories.ts';
import { actionTag, repositoryTag } from '../tags.ts';
import { repositoryPrn } from './reservation.ts';
import { type V2Deps, v2Of, v2Task } from './v2-task.ts';

const TASK_TYPE = 'pulp.server.managers.repo.unit_association.unassociate_by_criteria';

type Args = JsonObject & { repo_id: string; criteria: JsonObject };

const tagsOf = ({ repo_id }: Args) => [repositoryTag(repo_id), actionTag('unassociate')];

export function unassociateCall(v2: V2App, view: RepositoryView, criteria: JsonObject): V2Call {
  const args: Args = { repo_id: view.name, criteria };
  return { taskType: TASK_TYPE, tags: tagsOf(args), args, exclusive: [repositoryPrn(v2, view)], shared: [] };
}

/** Takes units out of a repository; without criteria all of them (v2-plugins.md 0.9). */
export function unassociateTask(deps: V2Deps): TaskDefinition {
  return v2Task<Args>(TASK_TYPE, tagsOf, async ({ job }, { repo_id, criteria }) => {
    const v2 = v2Of(deps, job);
    const repository = await findRepositoryView(job.services.database, repo_id);
    if (!repository) throw missingResource({ repo_id });
    const removed = await changeUnits(v2, job, repository, async (tx) => {
      const result = await stageMatches(v2, tx, repository, readUnitCriteria(criteria));
      return { add: NOTHING, remove: MATCHED, result };
    });
    const result: JsonObject = removed.length === 0 ? {} : { units_successful: removed };
    return result;
  });
}
