import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHrefs } from '../../../src/api/hrefs.ts';
import { describeJsonError, isTooDeep } from '../../../src/api/http/json-error.ts';
import { allowed, createRouteTable } from '../../../src/api/http/route-table.ts';
import { readPage } from '../../../src/api/operations/pages.ts';
import { CORE_MODELS, createModels } from '../../../src/core/models.ts';
import { filePlugin } from '../../../src/plugins/file/index.ts';
import { offlineApi } from '../../support/api-document.ts';

const ID = '01a1fe9b-74ff-79a9-b733-30621c824e2a';

describe('what is said about a text that is no JSON', () => {
  it.each([
    ['{"name": ', 'Expecting value: line 1 column 10 (char 9)'],
    ['{name: 1}', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
    ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
    ['{"a": 1 "b": 2}', "Expecting ',' delimiter: line 1 column 9 (char 8)"],
    ['[1,\n2', "Expecting ',' delimiter: line 2 column 2 (char 5)"],
    ['{} x', 'Extra data: line 1 column 4 (char 3)'],
    ['"open', 'Unterminated string starting at: line 1 column 1 (char 0)'],
    ['{"a":"b\nc"}', 'Invalid control character at: line 1 column 8 (char 7)'],
    ['"a\\x"', 'Invalid \\escape: line 1 column 3 (char 2)'],
    ['{"a":NaN}', "Out of range float values are not JSON compliant: 'NaN'"],
  ])('%j', (text, said) => {
    expect(describeJsonError(text)).toBe(said);
  });

  it('comes for every text, however deep', () => {
    expect(describeJsonError('['.repeat(100_000))).toContain('Too deeply nested');
    expect(describeJsonError(`"${'\\u0041'.repeat(1_000_000)}`)).toContain('Unterminated string');
    fc.assert(fc.property(fc.string(), (text) => typeof describeJsonError(text) === 'string'));
  });

  it('nesting is measured', () => {
    expect(isTooDeep(JSON.parse('['.repeat(1000) + ']'.repeat(1000)))).toBe(true);
    expect(isTooDeep({ a: [{ b: 1 }] })).toBe(false);
  });
});

describe('routes', () => {
  const routes = createRouteTable(offlineApi().operations);
  const idOf = (method: string, path: string) => routes.find(path)?.operations.get(method)?.id;

  it('prefer literal segments to keys', () => {
    expect(idOf('POST', 'tasks/purge/')).toBe('tasks_purge');
    expect(idOf('GET', `tasks/${ID}/`)).toBe('tasks_read');
    expect(idOf('POST', 'tasks/file/syncs/')).toBe('tasks_file_syncs_create');
    expect(idOf('POST', `repositories/file/file/${ID}/versions/3/repair/`)).toBe(
      'repositories_file_file_versions_repair',
    );
  });

  it('give the keys in order, and nothing for unknown paths', () => {
    expect(routes.find(`repositories/file/file/${ID}/versions/3/`)?.keys).toEqual([ID, '3']);
    expect(routes.find('nothing/here/')).toBeNull();
    expect(routes.find('__proto__/constructor/')).toBeNull();
  });

  it('say what is allowed', () => {
    const route = routes.find(`remotes/file/file/${ID}/`);
    expect(route && allowed(route.operations)).toBe('GET, PUT, PATCH, DELETE, HEAD, OPTIONS');
  });
});

describe('hrefs', () => {
  const models = createModels([...CORE_MODELS, ...filePlugin.models]);
  const hrefs = createHrefs(models, ['repository', 'remote', 'content', 'task', 'user']);

  it('are read back, as hrefs, URLs and PRNs', () => {
    const href = hrefs.href('remote', 'file.file', ID);
    const target = { kind: 'remote', type: 'file.file', id: ID };
    expect(hrefs.parse(href)).toEqual(target);
    expect(hrefs.parse(`https://pulp.example.org${href}`)).toEqual(target);
    expect(hrefs.parse(hrefs.prn('remote', 'file.file', ID))).toEqual(target);
  });

  it('of versions name the repository and the number', () => {
    const version = { kind: 'version', type: 'file.file', repositoryId: ID, number: 12 };
    expect(hrefs.parse(hrefs.versionHref('file.file', ID, 12))).toEqual(version);
  });

  it.each([
    'nonsense',
    '/pulp/api/v3/',
    `/pulp/api/v3/remotes/rpm/rpm/${ID}/`,
    'prn:nope.nope:1',
    '/pulp/api/v3/tasks/../',
  ])('%s is none', (text) => expect(hrefs.parse(text)).toBeNull());
});

describe('pages', () => {
  const page = (query: string) => readPage(new URLSearchParams(query));

  it('fall back to the first hundred', () => {
    for (const query of ['', 'limit=0', 'limit=-1', 'limit=abc', 'offset=-3']) {
      expect(page(query)).toEqual({ limit: 100, offset: 0 });
    }
  });

  it('are those of the last numbers', () => {
    expect(page('limit=2&offset=1&limit=3&offset=4')).toEqual({ limit: 3, offset: 4 });
  });

  it('take very large numbers', () => {
    expect(page('limit=99999999999999999999999').limit).toBe(10_000);
    expect(page('offset=99999999999999999999999').offset).toBe(2 ** 53 - 1);
  });
});
