import { purgeTasks } from '../maintenance/purge.ts';
import { reclaimSpace } from '../maintenance/reclaim.ts';
import { repairTasks } from '../maintenance/repair.ts';
import { orphanCleanup } from '../orphan/cleanup.ts';
import type { TaskDefinition } from '../task/types.ts';
import { commitUpload } from '../upload/commit.ts';
import { generalTasks } from './general.ts';
import type { TypeHooks } from './hooks.ts';
import { versionTasks } from './versions.ts';

/** The tasks that are the same for every content type. */
export function coreTasks(hooks: TypeHooks): TaskDefinition[] {
  return [
    ...generalTasks(hooks),
    ...versionTasks(hooks),
    ...repairTasks,
    orphanCleanup,
    purgeTasks,
    reclaimSpace,
    commitUpload,
  ];
}
