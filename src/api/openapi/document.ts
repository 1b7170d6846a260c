import type { Api } from '../api.ts';
import type { Body, Operation, Resource } from '../declare/types.ts';
import { API_ROOT } from '../hrefs.ts';
import { type DocumentVariant, operationParameters } from './parameters.ts';
import { bodySchema, responseSchema, type Schema } from './schemas.ts';
import { SHARED_SCHEMAS } from './shared-schemas.ts';

const FORMS = ['application/x-www-form-urlencoded', 'multipart/form-data'];
const SECURITY = [{ basicAuth: [] }];

/** The OpenAPI 3.1.1 document of what this server answers, in the form that Pulp's own client reads (v3-api.md 1.2). */
export function buildDocument(api: Api, variant: DocumentVariant, origin: string): Schema {
  const operations = api.operations.filter(
    ({ undocumented, resource }) =>
      !undocumented && (variant.components === null || variant.components.includes(resource.component)),
  );
  const paths: Record<string, Schema> = {};
  const schemas: Record<string, Schema> = { ...SHARED_SCHEMAS };
  const hrefs = hrefParameters(api);
  for (const operation of operations) {
    const { path, parameter } = pathOf(operation, hrefs, variant);
    addSchemas(schemas, operation);
    paths[path] = {
      ...paths[path],
      [operation.method.toLowerCase()]: describe(api, operation, parameter, variant),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Pulp 3 API',
      version: 'v3',
      license: { name: 'GNU General Public License v2.0 or later', identifier: 'GPL-2.0-or-later' },
      'x-pulp-app-versions': versionsOf(api, variant),
      'x-pulp-domain-enabled': false,
    },
    servers: [{ url: origin }],
    paths: sorted(paths),
    components: { schemas: sorted(schemas), securitySchemes: { basicAuth: { type: 'http', scheme: 'basic' } } },
  };
}

function versionsOf(api: Api, { components }: DocumentVariant): Record<string, string> {
  const all = Object.entries(api.settings.versions);
  return Object.fromEntries(all.filter(([name]) => components === null || components.includes(name)));
}

function sorted<Value>(map: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(map).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Href parameter by the path of an item: "remotes/file/file/{}/". */
function hrefParameters(api: Api): Map<string, string> {
  const items = api.operations.flatMap(({ resource }) =>
    resource.hrefParameter ? [[`${resource.endpoint}{}/`, resource.hrefParameter] as const] : [],
  );
  return new Map(items);
}

/** The key of a path: items are their href parameter itself, without a slash before it (v3-api.md 1.3). */
function pathOf(operation: Operation, hrefs: ReadonlyMap<string, string>, variant: DocumentVariant) {
  const { path } = operation;
  const end = path.lastIndexOf('{}/');
  if (end < 0) return { path: API_ROOT + path, parameter: null };
  const item = path.slice(0, end + 3);
  const parameter = hrefs.get(item);
  if (parameter === undefined) throw new Error(`${operation.id}: items of ${item} have no href parameter.`);
  if (!variant.plainPaths) return { path: `{${parameter}}${path.slice(end + 3)}`, parameter };
  let count = path.split('{}').length - 1;
  const plain = path.replaceAll('{}', () => (--count === 0 ? '{pulp_id}' : '{parent_id}'));
  return { path: API_ROOT + plain, parameter: 'pulp_id' };
}

function describe(api: Api, operation: Operation, parameter: string | null, variant: DocumentVariant): Schema {
  return {
    operationId: variant.bindings ? shortId(operation) : operation.id,
    tags: [operation.tag],
    parameters: operationParameters(api, operation, parameter, variant),
    ...(operation.body && { requestBody: { required: true, content: requestContent(operation.body) } }),
    responses: responses(operation),
    ...(operation.permission !== null && { security: SECURITY }),
  };
}

/** For generated clients the id is the action alone. */
function shortId({ id, name }: Operation): string {
  return id.endsWith(name) ? name : id;
}

function requestContent(body: Body): Schema {
  const schema = { $ref: `#/components/schemas/${body.schema}` };
  const types = body.media === 'form' ? FORMS : ['application/json', ...FORMS];
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function responses(operation: Operation): Schema {
  const own = answerName(operation);
  const json = (name: string) => ({
    description: '',
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  const conflict = operation.conflict ? { 409: json(own) } : {};
  switch (operation.answer) {
    case 'list':
      return { 200: json(`Paginated${operation.resource.schema}ResponseList`) };
    case 'created':
      return { 201: json(own) };
    case 'task':
      return { 202: json('AsyncOperationResponse') };
    case 'task_group':
      return { 202: json('TaskGroupOperationResponse') };
    case 'update':
      return { 200: json(own), 202: json('AsyncOperationResponse') };
    case 'empty':
      return { 204: { description: '' } };
    case 'ok':
      return labelled(operation)
        ? { [operation.method === 'POST' ? 201 : 200]: json(own) }
        : { 200: { description: '' } };
    default:
      return { 200: json(own), ...conflict };
  }
}

function labelled(operation: Operation): boolean {
  return operation.answerSchema !== null;
}

function answerName({ answerSchema, resource }: Operation): string {
  return answerSchema ?? `${resource.schema}Response`;
}

function addSchemas(schemas: Record<string, Schema>, operation: Operation): void {
  const { resource, body, answer, answerSchema } = operation;
  if (body) schemas[body.schema] = bodySchema(body, { refs: true });
  if (body && answerSchema === `${body.schema}Response`) schemas[answerSchema] = bodySchema(body, { refs: true });
  if (answer === 'empty' || answer === 'task' || answerSchema !== null) return;
  if (Object.keys(resource.members).length === 0) return;
  const name = `${resource.schema}Response`;
  schemas[name] = responseSchema(resource);
  if (answer === 'list') schemas[`Paginated${resource.schema}ResponseList`] = pageSchema(resource);
}

function pageSchema(resource: Resource): Schema {
  const link = { type: ['string', 'null'], format: 'uri' };
  return {
    type: 'object',
    required: ['count', 'results'],
    properties: {
      count: { type: 'integer' },
      next: link,
      previous: link,
      results: { type: 'array', items: { $ref: `#/components/schemas/${resource.schema}Response` } },
    },
  };
}
