import type { ModelKind } from '../core/models.ts';

export interface Table {
  name: string;
  /** Has rows of several types, told apart by `type`. */
  typed: boolean;
  named: boolean;
  integerKey?: boolean;
  /** Some rows are `hidden`: requests cannot refer to them. */
  hides?: boolean;
}

/** Where the objects of each kind are. */
export const TABLES: Partial<Record<ModelKind, Table>> = {
  acs: { name: 'alternate_content_source', typed: true, named: true },
  artifact: { name: 'artifact', typed: false, named: false },
  content: { name: 'content', typed: true, named: false },
  distribution: { name: 'distribution', typed: true, named: true },
  guard: { name: 'content_guard', typed: true, named: true },
  group: { name: 'account_group', typed: false, named: true, integerKey: true },
  migration: { name: 'migration', typed: false, named: false },
  publication: { name: 'publication', typed: true, named: false },
  publisher: { name: 'publisher', typed: true, named: true },
  remote: { name: 'remote', typed: true, named: true },
  repository: { name: 'repository', typed: true, named: true, hides: true },
  role: { name: 'role', typed: false, named: true },
  schedule: { name: 'schedule', typed: false, named: true },
  task: { name: 'task', typed: false, named: true },
  task_group: { name: 'task_group', typed: false, named: false },
  upload: { name: 'upload', typed: false, named: false },
  user: { name: 'account', typed: false, named: false, integerKey: true },
  version: { name: 'repository_version', typed: false, named: false },
  worker: { name: 'app_status', typed: false, named: true },
};
