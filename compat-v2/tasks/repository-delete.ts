import { deleteRepository } from '../../src/core/repository/transactor.ts';
import type { TaskDefinition } from '../../src/core/task/types.ts';
import type { V2Call } from '../call-report.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { removeDistributor } from '../store/distributor-writes.ts';
import { listDistributors } from '../store/distributors.ts';
import { removeImporter } from '../store/importers.ts';
import { getRepositoryView, type RepositoryView } from '../store/repositories.ts';
import { actionTag, repositoryTag } from '../tags.ts';
import { type V2Deps, v2Of, v2Task } from './v2-task.ts';

const TASK_TYPE = 'pulp.server.tasks.repository.delete';

type Args = JsonObject & { repo_id: string };

const tagsOf = ({ repo_id }: Args) => [repositoryTag(repo_id), actionTag('delete')];

export function deleteCall({ app }: V2App, view: RepositoryView): V2Call {
  const args: Args = { repo_id: view.name };
  const prn = app.services.models.prn('repository', view.type, view.id);
  return { taskType: TASK_TYPE, tags: tagsOf(args), args, exclusive: [prn], shared: [] };
}

/** Everything of the repository goes: importer, distributors with what they published, schedules. Units stay. */
export function repositoryDeleteTask(deps: V2Deps): TaskDefinition {
  return v2Task<Args>(TASK_TYPE, tagsOf, async ({ job }, { repo_id }) => {
    const v2 = v2Of(deps, job);
    await job.services.database.transaction(async (tx) => {
      const view = await getRepositoryView(tx, repo_id);
      for (const distributor of await listDistributors(v2, tx, view)) await removeDistributor(v2, tx, distributor);
      await removeImporter(v2, tx, view);
      await deleteRepository(tx, view.id);
    });
    return null;
  });
}
