import type { Declarations, LoadedResource } from './load.ts';
import type { ActionDeclaration, Body, Operation, Resource, StandardName, StandardOperation } from './types.ts';

interface Standard {
  name: string;
  method: Operation['method'];
  item: boolean;
  suffix: string;
  handler: string;
  answer: Operation['answer'];
  verb: string;
  body: 'create' | 'put' | 'patch' | 'SetLabel' | 'UnsetLabel' | 'NestedRole' | null;
}

const STANDARD: Record<StandardName, readonly Standard[]> = {
  list: [standard('list', 'GET', false, '', 'list', 'view', null)],
  create: [standard('create', 'POST', false, '', 'created', 'add', 'create')],
  read: [standard('read', 'GET', true, '', 'object', 'view', null)],
  update: [
    standard('update', 'PUT', true, '', 'update', 'change', 'put'),
    standard('partial_update', 'PATCH', true, '', 'update', 'change', 'patch'),
  ],
  delete: [standard('delete', 'DELETE', true, '', 'task', 'delete', null)],
  labels: [
    standard('set_label', 'POST', true, 'set_label/', 'ok', 'change', 'SetLabel'),
    standard('unset_label', 'POST', true, 'unset_label/', 'ok', 'change', 'UnsetLabel'),
  ],
  roles: [
    standard('list_roles', 'GET', true, 'list_roles/', 'ok', 'view', null),
    standard('my_permissions', 'GET', true, 'my_permissions/', 'ok', 'view', null),
    standard('add_role', 'POST', true, 'add_role/', 'ok', 'manage_roles', 'NestedRole'),
    standard('remove_role', 'POST', true, 'remove_role/', 'ok', 'manage_roles', 'NestedRole'),
  ],
};

function standard(
  name: string,
  method: Operation['method'],
  item: boolean,
  suffix: string,
  answer: Operation['answer'],
  verb: string,
  body: Standard['body'],
): Standard {
  return { name, method, item, suffix, handler: name === 'partial_update' ? 'update' : name, answer, verb, body };
}

/** Every operation of the API, from the declarations. Throws for bodies that nobody declared and for double ids. */
export function buildOperations(declarations: Declarations): Operation[] {
  const operations = declarations.resources.flatMap((loaded) => [
    ...standardOperations(loaded, declarations),
    ...Object.entries(loaded.declared.actions ?? {}).map(([name, action]) =>
      actionOperation(loaded.resource, name, action, declarations),
    ),
  ]);
  const ids = new Set(operations.map(({ id }) => id));
  if (ids.size !== operations.length) throw new Error('Two operations share an id.');
  return operations;
}

function standardOperations({ resource, declared }: LoadedResource, declarations: Declarations): Operation[] {
  return Object.entries(declared.operations ?? {}).flatMap(([key, given]) =>
    STANDARD[key as StandardName].map((entry) => standardOperation(resource, entry, given, declarations)),
  );
}

function standardOperation(
  resource: Resource,
  entry: Standard,
  given: StandardOperation,
  declarations: Declarations,
): Operation {
  const key = resource.kind === 'version' ? 'repositoryversion' : resource.name.toLowerCase();
  return {
    id: operationId(resource, entry.name),
    name: entry.name,
    method: entry.method,
    path: `${resource.endpoint}${entry.item ? '{}/' : ''}${entry.suffix}`,
    tag: resource.tag,
    resource,
    handler: given.handler ?? entry.handler,
    answer: given.answer ?? entry.answer,
    body: standardBody(resource, entry, given, declarations),
    permission: given.permission ?? `${resource.component}.${entry.verb}_${key}`,
    undocumented: false,
    answerSchema: entry.body && entry.answer === 'ok' ? `${entry.body}Response` : null,
    conflict: false,
    headers: [],
    query: queryOf(resource, entry.name),
  };
}

function queryOf(resource: Resource, name: string): string[] {
  const fields = ['fields', 'exclude_fields'];
  if (name !== 'list') return ['read', 'list_roles', 'my_permissions'].includes(name) ? fields : [];
  return ['limit', 'offset', ...(resource.bareList ? [] : ['ordering', 'q', '*filters']), ...fields];
}

function standardBody(
  resource: Resource,
  entry: Standard,
  given: StandardOperation,
  declarations: Declarations,
): Body | null {
  if (entry.body === null) return null;
  if (entry.body !== 'create' && entry.body !== 'put' && entry.body !== 'patch') {
    return namedBody(entry.body, declarations, false);
  }
  const partial = entry.body === 'patch';
  const media = given.media ?? (Object.values(resource.members).some(isFile) ? 'form' : 'all');
  const schema = partial ? `Patched${resource.schema}` : resource.schema;
  return { schema, members: resource.members, strict: true, partial, media };
}

function isFile(member: { type: string }): boolean {
  return member.type === 'file';
}

function actionOperation(
  resource: Resource,
  name: string,
  action: ActionDeclaration,
  declarations: Declarations,
): Operation {
  return {
    id: action.id ?? operationId(resource, name),
    name,
    method: action.method.toUpperCase() as Operation['method'],
    path: resource.endpoint + action.path,
    tag: action.tag ?? resource.tag,
    resource,
    handler: action.handler,
    answer: action.answer,
    body: action.body === undefined ? null : namedBody(action.body, declarations, action.method === 'patch'),
    permission: action.anonymous ? null : (action.permission ?? 'core.view_task'),
    undocumented: action.undocumented ?? false,
    answerSchema: action.schema ?? null,
    conflict: action.conflict ?? false,
    headers: action.headers ?? [],
    query: action.query ?? [],
  };
}

function namedBody(name: string, declarations: Declarations, patched: boolean): Body {
  const body = declarations.bodies[name];
  if (!body) throw new Error(`There is no body ${name}.`);
  const schema = patched ? `Patched${name}` : name;
  return { schema, members: body.members, strict: body.strict ?? false, partial: false, media: body.media ?? 'all' };
}

/** `<endpoint with _ for / and ->_<action>` (v3-api.md 1.3). */
function operationId(resource: Resource, name: string): string {
  const path = resource.endpoint.replaceAll('{}/', '').replace(/\/$/, '').replace(/[/-]/g, '_');
  return `${path}_${name}`;
}
