import { assertBasePathFree } from '../../core/distribution/transactor.ts';
import { invalidField, invalidFields } from '../../core/errors.ts';
import type { ModelKind } from '../../core/models.ts';
import { isAllowedImportPath } from '../../core/remote/import-path.ts';
import { getRemote } from '../../core/remote/reader.ts';
import type { Json } from '../../core/task/types.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';
import type { Api } from '../api.ts';
import { TABLES } from '../tables.ts';
import type { CheckContext } from './body.ts';
import { certificatesOf } from './certificates.ts';

type Check = (value: Json, context: CheckContext) => Promise<Json> | Json;

/** Checks beyond the schema, by the names that declarations use. They give the value to be stored; 400 by field. */
export const CHECKS: Record<string, Check> = {
  unique_name: checkUniqueName,
  unique_username: (value, context) => checkUnique('account', 'username', value, context),
  labels: checkLabels,
  remote_url: checkRemoteUrl,
  proxy_url: checkProxyUrl,
  email: checkEmail,
  pem: (value, { field }) => certificatesOf(`${value}`, field),
  base_path: checkBasePath,
  relative_path: (value, { field }) => checkRelativePath(`${value}`, field),
  repository_remote: checkRepositoryRemote,
  permissions: checkPermissions,
  acs_paths: checkAcsPaths,
  acs_remote: checkAcsRemote,
};

const LABEL_KEY = /^[\p{L}\p{N}_ .-]+$/u;
const EMAIL = /^[^\s@()<>[\]\\,;:"]+@(?:localhost|(?:[\p{L}\d-]+\.)+[\p{L}\d-]{2,})$/u;

/** What is wrong with a label, or null (v3-api.md 2.1). */
export function labelProblem(key: string, value: Json | undefined): string | null {
  if (!LABEL_KEY.test(key)) {
    return `Key '${key}' contains invalid characters. Only alphanumerics, underscores, spaces, hyphens, and dots are allowed.`;
  }
  return typeof value === 'string' && /[()]/.test(value) ? `Key '${key}' contains value with parenthesis.` : null;
}

function checkLabels(value: Json, { field }: CheckContext): Json {
  for (const [key, text] of Object.entries(value as { [key: string]: Json })) {
    const problem = labelProblem(key, text);
    if (problem !== null) throw invalidField(field, problem);
  }
  return value;
}

function checkUniqueName(value: Json, context: CheckContext): Promise<Json> {
  const { kind } = context.call.operation.resource;
  const table = kind && TABLES[kind];
  if (!table) throw new Error(`${kind} has no names.`);
  return checkUnique(table.name, 'name', value, context);
}

async function checkUnique(
  table: string,
  column: string,
  value: Json,
  { api, field, current }: CheckContext,
): Promise<Json> {
  const taken = await api.database.find<{ id: string | number }>(
    sql`select id from ${identifier(table)} where ${identifier(column)} = ${value}`,
  );
  if (taken && taken.id !== current?.id) throw invalidField(field, 'This field must be unique.');
  return value;
}

function checkRemoteUrl(value: Json, { api, field }: CheckContext): Json {
  const url = `${value}`;
  const [, scheme = '', authority = '', path = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i.exec(url) ?? [];
  if (authority.includes('@')) {
    throw invalidField(
      field,
      'The remote url contains username or password. Please use remote username or password instead.',
    );
  }
  if (scheme.toLowerCase() === 'file' && !isAllowedImportPath(path, api.settings.allowedImportPaths)) {
    throw invalidField(field, `The path '${path}' does not start with any of the allowed import paths`);
  }
  return value;
}

function checkProxyUrl(value: Json, { field }: CheckContext): Json {
  if (`${value}`.includes('@')) throw invalidField(field, 'proxy_url must not contain credentials');
  return value;
}

function checkEmail(value: Json, { field }: CheckContext): Json {
  if (value !== '' && !EMAIL.test(`${value}`)) throw invalidField(field, 'Enter a valid email address.');
  return value;
}

export function checkRelativePath(path: string, field: string): string {
  const canonical =
    !/[\s?#\0\\]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!canonical) throw invalidField(field, `Relative path is not in canonical form. ${path}`);
  return path;
}

async function checkBasePath(value: Json, { api, field, current }: CheckContext): Promise<Json> {
  const path = checkRelativePath(`${value}`, field);
  await api.database.transaction((tx) => assertBasePathFree(tx, path, current === null ? null : `${current.id}`));
  return path;
}

function checkRepositoryRemote(value: Json, { api, call, field, found }: CheckContext): Json {
  const { type } = call.operation.resource;
  const allowed = type === null ? [] : api.app.registry.repositoryType(type).remoteTypes;
  if (found && !allowed.includes(found.type ?? '')) {
    throw invalidFields({ [field]: [`Type for Remote '${found.name}' does not match Repository.`] });
  }
  return value;
}

/** In the order in which they are shown; an empty list stands for the remote's URL itself (v3-api.md 2.15). */
function checkAcsPaths(value: Json, { field }: CheckContext): Json {
  const paths = value as string[];
  if (paths.some((path) => path.startsWith('/'))) throw invalidField(field, 'Path cannot start with a slash.');
  return paths.length === 0 ? [''] : [...new Set(paths)].sort();
}

async function checkAcsRemote(value: Json, { api, call, field, found }: CheckContext): Promise<Json> {
  const { policy } = await getRemote(api.database, `${value}`);
  if (policy !== 'on_demand') {
    throw invalidField(field, "Remote used with alternate content source must have the 'on_demand' policy.");
  }
  const { remoteTypes } = api.app.registry.repositoryType(call.operation.resource.type ?? '');
  if (found && !remoteTypes.includes(found.type ?? '')) {
    throw invalidField(field, `Type for Remote '${found.name}' does not match ACS type.`);
  }
  return value;
}

/** Permissions that exist are those that operations ask for, and the usual four of every model. */
function checkPermissions(value: Json, { api, field }: CheckContext): Json {
  const known = knownPermissions(api);
  for (const name of value as string[]) {
    if (!/^[^.]+\.[^.]+$/.test(name)) {
      throw invalidField(field, `Permission '${name}' is not in the format '<app_label>.<codename>'.`);
    }
    if (!known.has(name)) throw invalidField(field, `Permission '${name}' does not exist.`);
  }
  return value;
}

function knownPermissions(api: Api): Set<string> {
  const known = new Set(api.operations.flatMap(({ permission }) => permission ?? []));
  for (const { label } of Object.keys(TABLES).flatMap((kind) => api.models.ofKind(kind as ModelKind))) {
    const [app, model] = label.split('.');
    for (const verb of ['view', 'add', 'change', 'delete', 'manage_roles']) known.add(`${app}.${verb}_${model}`);
  }
  return known.add('core.download_rbaccontentguard');
}
