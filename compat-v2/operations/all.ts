import type { V2Operation } from '../operation.ts';
import { ACTION_OPERATIONS } from './actions.ts';
import { APPLICABILITY_OPERATIONS } from './applicability.ts';
import { CONTENT_UNIT_OPERATIONS } from './content-units.ts';
import { DISTRIBUTOR_OPERATIONS } from './distributors.ts';
import { HISTORY_OPERATIONS } from './histories.ts';
import { IMPORTER_OPERATIONS } from './importers.ts';
import { ORPHAN_OPERATIONS } from './orphans.ts';
import { PLUGIN_OPERATIONS } from './plugins.ts';
import { REPOSITORY_OPERATIONS } from './repositories.ts';
import { SCHEDULE_OPERATIONS } from './schedules.ts';
import { SEARCH_OPERATIONS } from './search.ts';
import { STATUS_OPERATIONS } from './status.ts';
import { TASK_GROUP_OPERATIONS } from './task-groups.ts';
import { TASK_OPERATIONS } from './tasks.ts';
import { UNIT_ACTION_OPERATIONS } from './unit-actions.ts';
import { UNIT_OPERATIONS } from './units.ts';
import { UPLOAD_OPERATIONS } from './uploads.ts';

/** Every operation of the v2 API: one table per subject. */
export const ALL_OPERATIONS: readonly V2Operation[] = [
  ...STATUS_OPERATIONS,
  ...PLUGIN_OPERATIONS,
  ...REPOSITORY_OPERATIONS,
  ...IMPORTER_OPERATIONS,
  ...DISTRIBUTOR_OPERATIONS,
  ...ACTION_OPERATIONS,
  ...HISTORY_OPERATIONS,
  ...SCHEDULE_OPERATIONS,
  ...SEARCH_OPERATIONS,
  ...UNIT_OPERATIONS,
  ...UNIT_ACTION_OPERATIONS,
  ...CONTENT_UNIT_OPERATIONS,
  ...UPLOAD_OPERATIONS,
  ...ORPHAN_OPERATIONS,
  ...TASK_OPERATIONS,
  ...TASK_GROUP_OPERATIONS,
  ...APPLICABILITY_OPERATIONS,
];
