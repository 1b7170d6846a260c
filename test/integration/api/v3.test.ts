import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, PASSWORD, removeGateway, startGateway } from '../../support/gateway.ts';

const API = '/pulp/api/v3';
const REPOSITORIES = `${API}/repositories/file/file/`;
const REMOTES = `${API}/remotes/file/file/`;
const CONTENT = `${API}/content/file/files/`;
const NIL = '00000000-0000-0000-0000-000000000000';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ home: null, env: {} });
});

afterAll(async () => {
  if (gateway) await removeGateway(gateway);
});

type Body = Record<string, never>;

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const response = await gateway.call(method, path, body);
  const text = await response.text();
  return { status: response.status, body: text ? (JSON.parse(text) as Body) : ({} as Body) };
}

/** The task behind a 202, once it has ended. */
async function ended(answer: { status: number; body: Body }): Promise<Body> {
  expect(answer.status).toBe(202);
  expect(Object.keys(answer.body)).toEqual(['task']);
  for (;;) {
    const { body } = await ask('GET', answer.body.task ?? '');
    if (!['waiting', 'running', 'canceling'].includes(body.state ?? '')) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function made(path: string, body: object): Promise<Body> {
  const answer = await ask('POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

async function raw(path: string, init: RequestInit): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
  return fetch(new URL(path, gateway.url), { ...init, headers: { authorization, ...(init.headers as object) } });
}

async function uploadUnit(relativePath: string, text: string): Promise<Body> {
  const form = new FormData();
  form.append('relative_path', relativePath);
  form.append('file', new Blob([text]), 'f');
  const response = await raw(`${CONTENT}upload/`, { method: 'POST', body: form });
  expect(response.status).toBe(201);
  return (await response.json()) as Body;
}

describe('bad input', () => {
  const json = { 'content-type': 'application/json' };

  it.each([
    ['deeply nested', '{"name":'.repeat(200_000), 400],
    ['nested within limits of the parser', `{"pulp_labels":${'['.repeat(500)}${']'.repeat(500)}}`, 400],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400],
    ['a number out of range', '{"name":"r","retain_repo_versions":99999999999999999999}', 400],
    ['an integer too large for the column', '{"name":"r","retain_repo_versions":4294967296}', 400],
    ['a NUL in a text', '{"name":"a\\u0000b"}', 400],
    ['half a surrogate pair', '{"name":"\\ud800"}', 400],
  ])('%s is a clear 400', async (_, body, status) => {
    const response = await raw(REPOSITORIES, { method: 'POST', body, headers: json });
    expect(response.status, await response.clone().text()).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json');
  });

  it('a body that is too large is a 413', async () => {
    const body = `{"name":"${'a'.repeat(33 * 1024 * 1024)}"}`;
    const response = await raw(REPOSITORIES, { method: 'POST', body, headers: json }).catch((error: Error) => error);
    if (response instanceof Response) expect(response.status).toBe(413);
  });

  it.each([
    'name__regex=(',
    `name__regex=${encodeURIComponent('(a*)*\\1')}`,
    'retain_repo_versions=1e400',
    'offset=99999999999999999999999999',
    'pulp_label_select=%00',
    'name=%00',
    'q=name%3D%22%5C',
    `pulp_href__in=${API}/tasks/..%2f..%2f/`,
    'pulp_id__in=x',
    `with_content=${API}/content/file/files/${NIL}/`,
    'ordering=name%3Bdrop',
  ])('%s does no harm', async (query) => {
    const { status } = await ask('GET', `${REPOSITORIES}?${query}`);
    expect([200, 400]).toContain(status);
  });

  it('multipart bodies that break off or are none are 400', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    for (const body of [
      '--x\r\nContent-Disp',
      'nonsense',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
    ]) {
      const response = await raw(CONTENT, { method: 'POST', body, headers });
      expect(response.status).toBe(400);
    }
  });

  it.each(['../x', '/x', 'a//b', 'a/./b', 'a/../b', 'a\\b', 'a b', 'a?b', '', 'x/'])(
    '%j is no relative path',
    async (path) => {
      const answer = await ask('POST', CONTENT, { relative_path: path, file_url: 'http://127.0.0.1:1/x' });
      expect(answer.status).toBe(400);
      expect(Object.keys(answer.body)).toEqual(['relative_path']);
    },
  );
});

describe('repositories', () => {
  it('lower their retention at once', async () => {
    const repository = await made(REPOSITORIES, { name: 'retained' });
    const href = `${repository.pulp_href}`;
    for (const name of ['a', 'b', 'c']) {
      const unit = await uploadUnit(`retained/${name}`, name);
      await ended(await ask('POST', `${href}modify/`, { add_content_units: [unit.pulp_href] }));
    }
    await ended(await ask('PATCH', href, { retain_repo_versions: 1 }));
    const { body } = await ask('GET', `${href}versions/?fields=number`);
    expect(body).toMatchObject({ count: 1, results: [{ number: 3 }] });
    const last = await ended(await ask('DELETE', `${href}versions/3/`));
    expect(last).toMatchObject({ state: 'failed', error: { error_code: 'PLP0011' } });
  });

  it('take labels from many at a time and lose none', async () => {
    const repository = await made(REPOSITORIES, { name: 'labelled' });
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => ask('POST', `${repository.pulp_href}set_label/`, { key, value: key })));
    const { body } = await ask('GET', `${repository.pulp_href}`);
    expect(Object.keys(body.pulp_labels ?? {}).sort()).toEqual([...keys].sort());
  });

  it('go with their versions and publications; distributions stay', async () => {
    const repository = await made(REPOSITORIES, { name: 'doomed' });
    const unit = await uploadUnit('doomed', 'doomed');
    await ended(await ask('POST', `${repository.pulp_href}modify/`, { add_content_units: [unit.pulp_href] }));
    await ended(await ask('POST', `${API}/publications/file/file/`, { repository: repository.pulp_href }));
    const distribution = await ended(
      await ask('POST', `${API}/distributions/file/file/`, {
        name: 'doomed',
        base_path: 'doomed',
        repository: repository.pulp_href,
      }),
    );
    const task = await ended(await ask('DELETE', `${repository.pulp_href}`));
    expect(task.result).toMatchObject({ 'core.RepositoryVersion': 2, 'core.Publication': 1, 'file.FileRepository': 1 });
    const { body } = await ask('GET', `${(distribution.created_resources as unknown as string[])[0]}`);
    expect(body).toMatchObject({ name: 'doomed', repository: null });
  });

  it('replace a unit of the same path unless they must not', async () => {
    const repository = await made(REPOSITORIES, { name: 'overwritten' });
    const [first, second] = [await uploadUnit('same', 'one'), await uploadUnit('same', 'two')];
    const modify = (body: object) => ask('POST', `${repository.pulp_href}modify/`, body);
    await ended(await modify({ add_content_units: [first.pulp_href] }));
    const refused = await ended(await modify({ add_content_units: [second.pulp_href], overwrite: false }));
    expect(refused).toMatchObject({ state: 'failed', error: { error_code: 'PLP0023' } });
    expect(`${(refused.error as unknown as { description: string }).description}`).toContain(
      `${`${second.prn}`.split(':')[2]}->${`${first.prn}`.split(':')[2]}`,
    );
    await ended(await modify({ add_content_units: [second.pulp_href] }));
    const { body } = await ask('GET', `${CONTENT}?repository_version=${repository.pulp_href}`);
    expect(body).toMatchObject({ count: 1, results: [{ pulp_href: second.pulp_href }] });
  });
});

describe('remotes', () => {
  it('show no secret anywhere, also not in tasks', async () => {
    const remote = await made(REMOTES, {
      name: 'secret',
      url: 'http://a.example/M',
      username: 'u',
      password: 'hush-hush',
    });
    const task = await ended(await ask('PATCH', `${remote.pulp_href}`, { password: 'hush-hush-2' }));
    const shown = JSON.stringify([remote, task, await ask('GET', `${remote.pulp_href}`)]);
    expect(shown).not.toContain('hush-hush');
    expect((await ask('PATCH', `${remote.pulp_href}`, { password: 'hush-hush-2' })).status).toBe(200);
  });

  it('check proxy credentials against what is stored', async () => {
    const remote = await made(REMOTES, { name: 'proxied', url: 'http://a.example/M' });
    const patch = (body: object) => ask('PATCH', `${remote.pulp_href}`, body);
    expect((await patch({ proxy_username: 'u', proxy_password: 'p' })).status).toBe(400);
    await ended(await patch({ proxy_url: 'http://proxy.example' }));
    await ended(await patch({ proxy_username: 'u', proxy_password: 'p' }));
    expect((await patch({ proxy_url: null })).status).toBe(400);
  });
});

describe('uploads', () => {
  it('come in any order and twice, and make a unit', async () => {
    const bytes = Buffer.from('0123456789'.repeat(100));
    const upload = await made(`${API}/uploads/`, { size: bytes.length });
    const put = async (start: number, end: number) => {
      const form = new FormData();
      form.append('file', new Blob([bytes.subarray(start, end)]), 'c');
      const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` };
      return (await raw(`${upload.pulp_href}`, { method: 'PUT', body: form, headers })).status;
    };
    expect([await put(600, 1000), await put(0, 600), await put(600, 1000)]).toEqual([200, 200, 200]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const task = await ended(await ask('POST', CONTENT, { relative_path: 'chunked', upload: upload.pulp_href }));
    expect(task).toMatchObject({ state: 'completed', result: { sha256 } });
    expect((await ask('GET', `${upload.pulp_href}`)).status).toBe(404);
  });

  it('that are not complete make none', async () => {
    const upload = await made(`${API}/uploads/`, { size: 10 });
    const task = await ended(await ask('POST', CONTENT, { relative_path: 'short', upload: upload.pulp_href }));
    expect(task.state).toBe('failed');
    expect((await ask('GET', `${upload.pulp_href}`)).status).toBe(200);
  });
});

describe('orphan cleanup', () => {
  it('keeps what a version has and what was used lately, and takes the rest with its files', async () => {
    const repository = await made(REPOSITORIES, { name: 'keeper' });
    const [kept, orphan] = [await uploadUnit('kept', 'kept'), await uploadUnit('orphan', 'orphan bytes')];
    await ended(await ask('POST', `${repository.pulp_href}modify/`, { add_content_units: [kept.pulp_href] }));
    const clean = (body: object) => ask('POST', `${API}/orphans/cleanup/`, body);
    await ended(await clean({ orphan_protection_time: 60 }));
    expect((await ask('GET', `${orphan.pulp_href}`)).status).toBe(200);
    await ended(await clean({ content_hrefs: [kept.pulp_href, orphan.pulp_href], orphan_protection_time: 0 }));
    expect((await ask('GET', `${orphan.pulp_href}`)).status).toBe(404);
    expect((await ask('GET', `${kept.pulp_href}`)).status).toBe(200);
    expect((await ask('GET', `${orphan.artifact}`)).status).toBe(404);
  });
});

describe('tasks by their nouns', () => {
  it('are made by POST, listed apart, and run as the actions do', async () => {
    const repository = await made(REPOSITORIES, { name: 'nouns' });
    const unit = await uploadUnit('nouns', 'nouns');
    const body = { repository: repository.pulp_href, add_content_units: [unit.pulp_href] };
    const task = await made(`${API}/tasks/file/adds/`, body);
    expect(task).toMatchObject({ name: 'pulpcore.app.tasks.repository.add_and_remove', created_resources: [] });
    const done = await ended({ status: 202, body: { task: task.pulp_href } as unknown as Body });
    expect(done).toMatchObject({ state: 'completed', result: { number: 1 } });
    const { body: adds } = await ask('GET', `${API}/tasks/file/adds/?reserved_resources=${repository.pulp_href}`);
    expect(adds).toMatchObject({ count: 1 });
    const publish = await made(`${API}/tasks/file/publishes/`, { repository: repository.pulp_href });
    const published = await ended({ status: 202, body: { task: publish.pulp_href } as unknown as Body });
    expect(published).toMatchObject({ state: 'completed', result: { manifest: 'PULP_MANIFEST' } });
    expect((await ask('POST', `${API}/tasks/file/syncs/`, { repository: repository.pulp_href })).status).toBe(400);
    expect((await ask('POST', `${API}/tasks/file/adds/`, { ...body, colour: 'red' })).body).toEqual({
      colour: ['Unexpected field'],
    });
  });
});

describe('publishers', () => {
  it('are recipes that publications are made by', async () => {
    const repository = await made(REPOSITORIES, { name: 'published' });
    const recipe = { name: 'recipe', repository: repository.pulp_href, manifest: 'INDEX' };
    const publisher = await made(`${API}/publishers/file/file/`, recipe);
    const task = await ended(await ask('POST', `${API}/publications/file/file/`, { publisher: publisher.pulp_href }));
    expect(task).toMatchObject({ state: 'completed', result: { manifest: 'INDEX', repository: repository.pulp_href } });
    expect((await ask('PATCH', `${publisher.pulp_href}`, { manifest: 'INDEX' })).status).toBe(200);
    await ended(await ask('DELETE', `${publisher.pulp_href}`));
    expect((await ask('GET', `${publisher.pulp_href}`)).status).toBe(404);
  });
});

describe('a plain user', () => {
  it('may do what roles allow on everything, and sees nothing else', async () => {
    const user = await made(`${API}/users/`, { username: 'plain', password: 'Str0ng-enough!' });
    const asPlain = (method: string, path: string, body?: object) =>
      raw(path, {
        method,
        headers: {
          authorization: `Basic ${Buffer.from('plain:Str0ng-enough!').toString('base64')}`,
          'content-type': 'application/json',
        },
        ...(body && { body: JSON.stringify(body) }),
      });
    await made(REPOSITORIES, { name: 'hidden' });
    expect(await (await asPlain('GET', REPOSITORIES)).json()).toMatchObject({ count: 0 });
    expect((await asPlain('POST', REPOSITORIES, { name: 'x' })).status).toBe(403);
    expect((await asPlain('GET', `${API}/users/`)).status).toBe(403);
    await made(`${user.pulp_href}roles/`, { role: 'file.filerepository_viewer', content_object: null });
    // An account is remembered for two seconds.
    await expect
      .poll(async () => ((await (await asPlain('GET', REPOSITORIES)).json()) as { count: number }).count, {
        timeout: 5000,
      })
      .toBeGreaterThan(0);
    expect((await asPlain('POST', REPOSITORIES, { name: 'x' })).status).toBe(403);
  });
});
