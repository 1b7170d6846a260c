import type { TaskDefinition } from '../../src/core/task/types.ts';
import { regenerateTask } from './applicability.ts';
import { associateTask } from './associate.ts';
import { importUploadTask } from './import-upload.ts';
import { orphanTasks } from './orphans.ts';
import { unassociateTask } from './unassociate.ts';
import type { V2Deps } from './v2-task.ts';

/** Tasks that change units and what they belong to. */
export function unitTasks(deps: V2Deps): TaskDefinition[] {
  return [associateTask(deps), unassociateTask(deps), importUploadTask(deps), ...orphanTasks(deps), regenerateTask];
}
