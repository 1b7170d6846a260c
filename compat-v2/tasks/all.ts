import type { TaskDefinition } from '../../src/core/task/types.ts';
import { distributorTasks } from './distributor-tasks.ts';
import { downloadTask } from './download.ts';
import { importerTasks } from './importer-tasks.ts';
import { publishTask } from './publish.ts';
import { repositoryDeleteTask } from './repository-delete.ts';
import { syncTask } from './sync.ts';
import { unitTasks } from './unit-tasks.ts';
import type { V2Deps } from './v2-task.ts';

/** Definitions of all tasks that v2 dispatches, by their v2 names. */
export function v2Tasks(deps: V2Deps): TaskDefinition[] {
  return [
    ...importerTasks(deps),
    ...distributorTasks(deps),
    repositoryDeleteTask(deps),
    syncTask(deps),
    publishTask(deps),
    downloadTask(),
    ...unitTasks(deps),
  ];
}
