import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, PASSWORD, removeGateway, startGateway } from '../../support/gateway.ts';
import { CERTIFICATE } from '../platform/download/certificate.ts';

/** What a real pulpcore 3.123.1 was seen to do with requests that no recorded exchange holds. */

const API = '/pulp/api/v3';
const REMOTES = `${API}/remotes/file/file/`;
const REPOSITORIES = `${API}/repositories/file/file/`;
const NIL = '00000000-0000-0000-0000-000000000000';
const DISTRIBUTIONS = `${API}/distributions/file/file/`;

let gateway: Gateway;
let remote: string;
let repository: string;

beforeAll(async () => {
  gateway = await startGateway({ home: null, env: {} });
  remote = await made(REMOTES, { name: 'remote', url: 'http://a.example/M' });
  repository = await made(REPOSITORIES, { name: 'repository' });
});

afterAll(async () => {
  if (gateway) await removeGateway(gateway);
});

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
type Body = any;

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const response = await gateway.call(method, path, body);
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : {} };
}

async function made(path: string, body: object): Promise<string> {
  const answer = await ask('POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.pulp_href;
}

/** The task of an answer, once it has ended. */
async function done(answer: { status: number; body: Body }): Promise<Body> {
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  const task = () => ask('GET', answer.body.task).then(({ body }) => body);
  await expect.poll(async () => (await task()).state, { timeout: 20_000 }).toBe('completed');
  return task();
}

function send(
  method: string,
  path: string,
  body: FormData | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
  return fetch(new URL(path, gateway.url), { method, body, headers: { authorization, ...headers } });
}

async function form(method: string, path: string, text: string): Promise<{ status: number; body: Body }> {
  const response = await send(method, path, text, { 'content-type': 'application/x-www-form-urlencoded' });
  return { status: response.status, body: await response.json() };
}

describe('bodies', () => {
  it('take an empty reference for none', async () => {
    const bound = await ask('POST', REPOSITORIES, { name: 'bound', remote });
    const freed = await ask('PATCH', bound.body.pulp_href, { remote: '' });
    expect(freed.status).toBe(202);
    expect((await ask('GET', bound.body.pulp_href)).body.remote).toBeNull();
    const refused = await ask('POST', `${repository}sync/`, { remote: '' });
    expect(refused).toEqual({ status: 400, body: { remote: ['This field may not be null.'] } });
  });

  it('keep empty labels, names of any script and numbers as texts', async () => {
    const labels = { a: '', größe: ' x ', n: 1 };
    const { status, body } = await ask('POST', REPOSITORIES, { name: 'labelled', pulp_labels: labels });
    expect([status, body.pulp_labels]).toEqual([201, { a: '', größe: 'x', n: '1' }]);
    const found = await ask('GET', `${REPOSITORIES}?fields=name&pulp_label_select=${encodeURIComponent('größe=x,a=')}`);
    expect(found.body.results).toEqual([{ name: 'labelled' }]);
  });

  it('ignore what actions do not know, and name members of every object', async () => {
    expect((await ask('POST', `${remote}set_label/`, { key: 'a', value: 'b', more: 1 })).status).toBe(201);
    expect((await ask('POST', `${remote}unset_label/`, { key: 'a', value: 'b' })).status).toBe(201);
    const { body } = await ask('POST', REMOTES, { name: 'x', url: 'x', constructor: 1 });
    expect(body).toEqual({ constructor: ['Unexpected field'] });
  });

  it.each([
    ['labels', { pulp_labels: { a: 'b\0' } }],
    ['names of labels', { pulp_labels: { 'a\0': 'b' } }],
    ['lists', { headers: [{ a: '\ud800' }] }],
  ])('refuse in %s what cannot be stored', async (_, member) => {
    expect((await ask('POST', REMOTES, { name: 'nul', url: 'x', ...member })).status).toBe(400);
  });

  it('have no null where Pulp 3 has none', async () => {
    const { status, body } = await ask('POST', REMOTES, { name: 'x', url: 'x', headers: null });
    expect([status, body]).toEqual([400, { headers: ['This field may not be null.'] }]);
  });
});

describe('forms', () => {
  it('read empty texts as null or nothing, the last of repeated values, and stray percent signs', async () => {
    const text = 'name=one&name=100%&url=http://a.example/M&username=&policy=&ca_cert=&max_retries=';
    const { status, body } = await form('POST', REMOTES, text);
    expect([status, body.name, body.policy, body.ca_cert, body.max_retries]).toEqual([
      201,
      '100%',
      'immediate',
      null,
      null,
    ]);
  });

  it('make a list of a single value', async () => {
    const { status, body } = await form('POST', `${repository}modify/`, 'add_content_units=nonsense');
    expect([status, body]).toEqual([400, { add_content_units: ['URI not valid: nonsense'] }]);
  });

  it('end somewhere', async () => {
    expect((await form('POST', REMOTES, 'a&'.repeat(2000))).status).toBe(413);
  });
});

describe('certificates', () => {
  const url = 'http://a.example/M';

  it('are kept without what stands around them, each with its line break', async () => {
    const text = `text\n${CERTIFICATE}${CERTIFICATE.trim()}`;
    const { body } = await ask('POST', REMOTES, { name: 'cert', url, ca_cert: text });
    expect(body.ca_cert).toBe(CERTIFICATE + CERTIFICATE);
    expect((await ask('PATCH', body.pulp_href, { ca_cert: CERTIFICATE + CERTIFICATE })).status).toBe(200);
  });

  it.each([
    ['-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'Invalid ca_cert specified'],
    ['-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----', 'No ca_cert specified in string'],
  ])('must be readable: %j', async (text, complaint) => {
    const { status, body } = await ask('POST', REMOTES, { name: 'broken', url, ca_cert: text });
    expect([status, body.ca_cert[0]]).toEqual([400, expect.stringContaining(complaint)]);
  });
});

describe('filters', () => {
  it.each(['pulp_href__in=', 'prn__in=', 'pulp_id__in=', `prn__in=prn:core.task:${NIL}`])(
    '%s finds none',
    async (query) => {
      expect((await ask('GET', `${REPOSITORIES}?${query}`)).body.count).toBe(0);
    },
  );

  it.each([
    ['content/file/files/?repository_version=', 'No value supplied for repository version filter'],
    ['distributions/file/file/?repository__in=', 'No value supplied for repository filter.'],
    ['repositories/file/file/?pulp_label_select=', "Invalid search term: ''."],
    ['repositories/file/file/?pulp_label_select=!a=b', "Cannot use an operator with '!a'."],
    ['artifacts/?prn__in=x', "Not a valid PRN: x, must start with 'prn:'"],
    ['content/?added_between=x', 'Range query expects two values.'],
  ])('%s is a mistake', async (query, text) => {
    expect(await ask('GET', `${API}/${query}`)).toEqual({ status: 400, body: [text] });
  });

  it('leave out nulls where a value is to differ', async () => {
    await made(REPOSITORIES, { name: 'retaining', retain_repo_versions: 2 });
    const { body } = await ask('GET', `${REPOSITORIES}?retain_repo_versions__ne=3&fields=name`);
    expect(body.results).toEqual([{ name: 'retaining' }]);
  });

  it('take a repository for its latest version', async () => {
    const { status, body } = await ask('GET', `${API}/publications/file/file/?repository_version=${repository}`);
    expect([status, body.count]).toEqual([200, 0]);
  });

  it('find roles with any of the permissions', async () => {
    const asked = ['file.view_fileremote', 'file.delete_fileremote'].map((name) => `contains_permission=${name}`);
    const { body } = await ask('GET', `${API}/roles/?${asked.join('&')}&locked=true&fields=name&ordering=name`);
    expect(body.results).toEqual([{ name: 'file.fileremote_owner' }, { name: 'file.fileremote_viewer' }]);
  });

  it('count for nothing on task groups', async () => {
    expect((await ask('GET', `${API}/task-groups/?name=x`)).status).toBe(200);
  });
});

describe('accounts', () => {
  it('have names and addresses within bounds', async () => {
    const long = 'x'.repeat(151);
    const { body } = await ask('POST', `${API}/users/`, { username: long, first_name: long, email: 'nobody' });
    const tooLong = ['Ensure this field has no more than 150 characters.'];
    expect(body).toEqual({ username: tooLong, first_name: tooLong, email: ['Enter a valid email address.'] });
    expect((await ask('POST', `${API}/groups/`, { name: long })).body).toEqual({ name: tooLong });
  });

  it('may have roles without permissions, and on objects only those that say something of them', async () => {
    const role = await made(`${API}/roles/`, { name: 'empty', permissions: [] });
    expect((await ask('PATCH', role, { permissions: ['core.view_task'] })).body.permissions).toEqual([
      'core.view_task',
    ]);
    expect((await ask('PATCH', role, { permissions: [] })).body.permissions).toEqual([]);
    const given = { role: 'file.fileremote_viewer', content_object: repository };
    const { status, body } = await ask('POST', `${API}/users/1/roles/`, given);
    expect(status).toBe(400);
    expect(body.non_field_errors[0]).toContain('does not carry any permission for that object');
  });
});

describe('objects', () => {
  it('promise unchanged content with a publication only', async () => {
    const version = `${repository}versions/0/`;
    const wanted = { name: 'pinned', base_path: 'pinned', repository_version: version };
    const { body } = await ask('POST', DISTRIBUTIONS, wanted);
    const task = await ask('GET', body.task);
    expect(task.body.result).toMatchObject({ repository_version: version, no_content_change_since: null });
  });

  it('keep no more checkpoints than a repository is told to, from then on', async () => {
    const body = { repository, checkpoint: true };
    for (const _ of [1, 2, 3]) await done(await ask('POST', `${API}/publications/file/file/`, body));
    await done(await ask('PATCH', repository, { retain_checkpoints: 1 }));
    const { body: left } = await ask('GET', `${API}/publications/file/file/?repository=${repository}&checkpoint=true`);
    expect(left.count).toBe(1);
  });

  it('are created in this order: version, unit, publication', async () => {
    const publishing = await made(REPOSITORIES, { name: 'publishing', autopublish: true });
    const form = new FormData();
    form.append('file', new Blob(['unit']), 'f');
    const artifact = (await (await send('POST', `${API}/artifacts/`, form)).json()) as Body;
    const unit = { artifact: artifact.pulp_href, relative_path: 'unit', repository: publishing };
    const task = await done(await ask('POST', `${API}/content/file/files/`, unit));
    expect(task.created_resources.map((href: string) => href.split('/')[4])).toEqual([
      'repositories',
      'content',
      'publications',
    ]);
  });

  it('need something to reclaim', async () => {
    const { status, body } = await ask('POST', `${API}/repositories/reclaim_space/`, { repo_hrefs: [] });
    expect([status, body]).toEqual([400, { repo_hrefs: ['Must not be [].'] }]);
  });

  it('are found by keys in capital letters, and missing by their own names', async () => {
    const key = remote.split('/').at(-2) ?? '';
    expect((await ask('GET', remote.replace(key, key.toUpperCase()))).status).toBe(200);
    const missing = await ask('GET', `${REPOSITORIES}${NIL}/versions/`);
    expect(missing.body).toEqual({ detail: 'No FileRepository matches the given query.' });
  });

  it('have one path each', async () => {
    expect((await gateway.call('GET', `${API}/remotes//file/file/`)).status).toBe(404);
  });
});

describe('what is too much', () => {
  it('for an index is a clear 400', async () => {
    const name = Array.from({ length: 500 }, () => crypto.randomUUID()).join('');
    expect((await ask('POST', REPOSITORIES, { name })).status).toBe(400);
  });

  it('of files of one name leaves nothing behind', async () => {
    const body = new FormData();
    for (const text of ['one', 'two', 'three']) body.append('file', new Blob([text.repeat(1000)]), 'f');
    const response = await send('POST', `${API}/artifacts/`, body);
    expect(((await response.json()) as Body).size).toBe(5000);
    expect(readdirSync(join(gateway.home, 'storage/tmp/files'))).toEqual([]);
  });
});
