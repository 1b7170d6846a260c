import type { Handler } from '../call.ts';
import { ACCOUNT_HANDLERS } from './accounts.ts';
import { ACS_HANDLERS } from './acs.ts';
import { ARTIFACT_HANDLERS } from './artifacts.ts';
import { CONTENT_HANDLERS } from './content.ts';
import { DOCS_HANDLERS } from './docs.ts';
import { MAINTENANCE_HANDLERS } from './maintenance.ts';
import { MIGRATION_HANDLERS } from './migrations.ts';
import { OBJECT_HANDLERS } from './objects.ts';
import { PUBLICATION_HANDLERS } from './publications.ts';
import { REPOSITORY_HANDLERS } from './repositories.ts';
import { ROLE_HANDLERS } from './roles.ts';
import { SYSTEM_HANDLERS } from './system.ts';
import { TASK_TYPE_HANDLERS } from './task-types.ts';
import { TASK_HANDLERS } from './tasks.ts';
import { UPLOAD_HANDLERS } from './uploads.ts';
import { USER_ROLE_HANDLERS } from './user-roles.ts';

/** All handlers, by the names that declarations use. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  ...OBJECT_HANDLERS,
  ...REPOSITORY_HANDLERS,
  ...ACS_HANDLERS,
  ...CONTENT_HANDLERS,
  ...ARTIFACT_HANDLERS,
  ...UPLOAD_HANDLERS,
  ...TASK_HANDLERS,
  ...TASK_TYPE_HANDLERS,
  ...PUBLICATION_HANDLERS,
  ...MAINTENANCE_HANDLERS,
  ...MIGRATION_HANDLERS,
  ...ACCOUNT_HANDLERS,
  ...ROLE_HANDLERS,
  ...USER_ROLE_HANDLERS,
  ...SYSTEM_HANDLERS,
  ...DOCS_HANDLERS,
};
