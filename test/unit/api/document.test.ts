import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HANDLERS } from '../../../src/api/operations/handlers.ts';
import { planOf } from '../../../src/api/present/present.ts';
import { CHECKS } from '../../../src/api/validate/checks.ts';
import { EVERYTHING, offlineApi, offlineDocument } from '../../support/api-document.ts';
import { renderTypes, TYPES_FILE } from '../../support/api-types.ts';

type Operations = Record<string, Record<string, Record<string, never>>>;

const document = offlineDocument(EVERYTHING);
const operations = Object.entries(document.paths as Operations).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    path,
    method,
    operation: operation as Record<string, unknown>,
  })),
);

/** What pulp-glue refuses to start with (v3-api.md 1.2, 9.1). */
describe('the OpenAPI document', () => {
  it('names every operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids.every((id) => typeof id === 'string' && id !== '')).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the operations of the file commands', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    for (const group of [
      'repositories_file_file',
      'remotes_file_file',
      'distributions_file_file',
      'publishers_file_file',
    ]) {
      for (const verb of ['list', 'create', 'read', 'update', 'partial_update', 'delete', 'set_label', 'unset_label']) {
        expect(ids).toContain(`${group}_${verb}`);
      }
    }
    expect(ids).toEqual(
      expect.arrayContaining([
        'repositories_file_file_sync',
        'repositories_file_file_modify',
        'repositories_file_file_versions_repair',
        'content_file_files_upload',
        'orphans_cleanup_cleanup',
        'tasks_purge',
        'tasks_file_syncs_create',
        'uploads_commit',
      ]),
    );
  });

  it('has one path parameter per operation, the one in the path', () => {
    for (const { path, operation } of operations) {
      const parameters = operation.parameters as { in: string; name: string; required?: boolean }[];
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`).join()).toBe(path.match(/\{[^}]+\}/g)?.join() ?? '');
      expect(inPath.every(({ required }) => required === true)).toBe(true);
    }
  });

  it('declares fields and exclude_fields as lists on every GET', () => {
    for (const { method, operation } of operations.filter(({ operation }) => operation.operationId !== 'livez_read')) {
      if (method !== 'get') continue;
      const parameters = operation.parameters as { name: string; schema: { type: string } }[];
      for (const name of ['fields', 'exclude_fields']) {
        expect(parameters.find((parameter) => parameter.name === name)?.schema.type, `${operation.operationId}`).toBe(
          'array',
        );
      }
    }
  });

  it('refers only to schemas that it has', () => {
    const { schemas } = document.components as { schemas: Record<string, unknown> };
    const names = JSON.stringify(document).matchAll(/#\/components\/schemas\/([^"]+)/g);
    for (const [, name = ''] of names) expect(Object.keys(schemas)).toContain(name);
  });

  it('has a required body for actions that take one, and none for the others', () => {
    const bodyOf = (id: string) =>
      operations.find(({ operation }) => operation.operationId === id)?.operation.requestBody;
    expect(bodyOf('repositories_file_file_sync')).toMatchObject({ required: true });
    expect(bodyOf('repositories_file_file_read')).toBeUndefined();
  });

  it('shows secrets as written only', () => {
    const { schemas } = document.components as { schemas: Record<string, { properties: Record<string, object> }> };
    expect(schemas['file.FileRemote']?.properties.password).toMatchObject({ writeOnly: true });
    expect(schemas['file.FileRemoteResponse']?.properties).not.toHaveProperty('password');
  });

  it('comes with short ids for generated clients, and with plain paths', () => {
    const bindings = JSON.stringify(offlineDocument({ ...EVERYTHING, bindings: true }).paths);
    expect(bindings).toContain('"operationId":"sync"');
    const plain = offlineDocument({ ...EVERYTHING, plainPaths: true }).paths as object;
    expect(Object.keys(plain)).toContain('/pulp/api/v3/repositories/file/file/{pulp_id}/');
  });

  it('can be had for one component', () => {
    const { paths, info } = offlineDocument({ ...EVERYTHING, components: ['file'] });
    expect(Object.keys(paths as object)).not.toContain('/pulp/api/v3/status/');
    expect(info).toMatchObject({ 'x-pulp-app-versions': { file: '3.123.1' } });
  });
});

describe('the declarations', () => {
  const api = offlineApi();

  it('name handlers, presenters and checks that exist', () => {
    for (const operation of api.operations) {
      expect(HANDLERS, operation.id).toHaveProperty([operation.handler]);
      for (const member of Object.values(operation.body?.members ?? {})) {
        if (member.check !== undefined) expect(Object.keys(CHECKS)).toContain(member.check);
      }
      expect(() => planOf(operation.resource)).not.toThrow();
    }
  });

  it('name a permission for every operation but those that anybody may ask', () => {
    const open = api.operations.filter(({ permission }) => permission === null).map(({ id }) => id);
    expect(open.sort()).toEqual([
      'docs_api.json_get',
      'docs_api.yaml_get',
      'docs_get',
      'livez_read',
      'root_get',
      'status_read',
      'tasks_profile_content',
    ]);
  });
});

describe('the generated types', () => {
  it('are those of the document', async () => {
    expect(readFileSync(TYPES_FILE, 'utf8') === (await renderTypes()), 'run npm run generate').toBe(true);
  });
});
