/** The kinds of things that have a PRN and a href. */
export type ModelKind =
  | 'acs'
  | 'artifact'
  | 'content'
  | 'distribution'
  | 'domain'
  | 'group'
  | 'group_user'
  | 'guard'
  | 'migration'
  | 'publication'
  | 'publisher'
  | 'remote'
  | 'repository'
  | 'role'
  | 'schedule'
  | 'task'
  | 'task_group'
  | 'upload'
  | 'user'
  | 'user_role'
  | 'version'
  | 'worker';

/** How one kind (of one type, where it has types) is called on the wire: v3-api.md 1.3. */
export interface Model {
  kind: ModelKind;
  /** pulp_type, such as "file.file"; null for what has no types. */
  type: string | null;
  /** In PRNs: "file.filerepository". */
  label: string;
  /** In messages: "FileRepository". */
  name: string;
  /** Path of its list below the API: "repositories/file/file/". */
  endpoint: string;
  /** Name of the path parameter: "file_file_repository_href". */
  href: string;
}

export interface Reference {
  model: Model;
  id: string;
}

const PRN = /^prn:([a-z0-9_-]+\.[a-z0-9_]+):([0-9a-f-]{36}|\d+)$/;

/** Names of everything that has a PRN, as the core and the plugins declared them. */
export interface Models {
  get(kind: ModelKind, type: string | null): Model;
  /** Of one kind, all types. */
  ofKind(kind: ModelKind): Model[];
  prn(kind: ModelKind, type: string | null, id: string): string;
  /** What a PRN names; null when it is none, or of a model nobody declared. */
  parsePrn(text: string): Reference | null;
}

export const CORE_MODELS: readonly Model[] = [
  core('artifact', 'Artifact', 'artifacts/', 'artifact_href'),
  core('domain', 'Domain', 'domains/', 'domain_href'),
  core('migration', 'Migration', 'migrations/', 'migration_href'),
  core('schedule', 'TaskSchedule', 'task-schedules/', 'task_schedule_href'),
  core('task', 'Task', 'tasks/', 'task_href'),
  core('task_group', 'TaskGroup', 'task-groups/', 'task_group_href'),
  core('upload', 'Upload', 'uploads/', 'upload_href'),
  core('version', 'RepositoryVersion', 'repository_versions/', 'repository_version_href'),
  core('worker', 'AppStatus', 'workers/', 'worker_href'),
  core('group', 'Group', 'groups/', 'group_href'),
  { ...core('group_user', 'User', 'groups/users/', 'groups_user_href'), label: 'core.groupuser' },
  core('role', 'Role', 'roles/', 'role_href'),
  core('user_role', 'UserRole', 'users/roles/', 'auth_users_user_role_href'),
  { ...core('user', 'User', 'users/', 'auth_user_href'), label: 'auth.user' },
  guard('rbac', 'RBACContentGuard', 'r_b_a_c_content_guard_href'),
  guard('header', 'HeaderContentGuard', 'header_content_guard_href'),
];

function core(kind: ModelKind, name: string, endpoint: string, href: string): Model {
  return { kind, type: null, label: `core.${name.toLowerCase()}`, name, endpoint, href };
}

function guard(type: string, name: string, href: string): Model {
  return { ...core('guard', name, `contentguards/core/${type}/`, href), type: `core.${type}` };
}

/** The one domain there is (domains are not a feature yet), as every task reserves it. */
export const DEFAULT_DOMAIN_ID = '018c7d9e-0000-7000-8000-000000000001';

/** Builds the lookup; throws when two models share a name. */
export function createModels(models: readonly Model[]): Models {
  const byKind = new Map(models.map((model) => [`${model.kind} ${model.type ?? ''}`, model]));
  const byLabel = new Map(models.map((model) => [model.label, model]));
  if (byKind.size !== models.length || byLabel.size !== models.length) throw new Error('Two models share a name.');

  function get(kind: ModelKind, type: string | null): Model {
    const model = byKind.get(`${kind} ${type ?? ''}`);
    if (!model) throw new Error(`No ${kind} of type ${type} is declared.`);
    return model;
  }

  return {
    get,
    ofKind: (kind) => models.filter((model) => model.kind === kind),
    prn: (kind, type, id) => `prn:${get(kind, type).label}:${id}`,
    parsePrn(text) {
      const [, label = '', id = ''] = PRN.exec(text) ?? [];
      const model = byLabel.get(label);
      return model ? { model, id } : null;
    },
  };
}
