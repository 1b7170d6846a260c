import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, removeGateway, startGateway } from '../../support/gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../../support/upstream.ts';

const API = '/pulp/api/v3';
const ACS = `${API}/acs/file/file/`;

// biome-ignore lint/suspicious/noExplicitAny: answers of an API under test
type Body = any;

let gateway: Gateway;
let upstream: Upstream;
let remote: string;

beforeAll(async () => {
  upstream = await startUpstream();
  putManifest(upstream, 'one', { 'a.iso': 'a', 'b.iso': 'b' });
  putManifest(upstream, 'two', { 'c.iso': 'c' });
  gateway = await startGateway({ home: null, env: {} });
  remote = (await made(`${API}/remotes/file/file/`, { name: 'mirror', url: upstream.url, policy: 'on_demand' }))
    .pulp_href;
});

afterAll(async () => {
  if (gateway) await removeGateway(gateway);
  await upstream?.close();
});

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const response = await gateway.call(method, path, body);
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

async function made(path: string, body: object): Promise<Body> {
  const answer = await ask('POST', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

async function read(path: string): Promise<Body> {
  const answer = await ask('GET', path);
  expect(answer.status, path).toBe(200);
  return answer.body;
}

/** What a 202 names, once nothing of it is at work any more. */
async function ended(answer: { status: number; body: Body }): Promise<Body> {
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  for (;;) {
    const body = await read(answer.body.task ?? answer.body.task_group);
    const busy = ['waiting', 'running', 'canceling'].filter((state) => body.state === state || body[state] > 0);
    if (busy.length === 0) return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function orphansLeft(): Promise<number> {
  await ended(await ask('POST', `${API}/orphans/cleanup/`, { orphan_protection_time: 0 }));
  return (await read(`${API}/content/file/files/`)).count;
}

describe('an alternate content source', () => {
  it('is the remote itself where it has no paths', async () => {
    const acs = await made(ACS, { name: 'plain', remote, paths: [] });
    expect(acs).toMatchObject({ name: 'plain', last_refreshed: null, paths: [''], remote });
    expect(acs.prn).toBe(`prn:file.filealternatecontentsource:${acs.pulp_href.split('/').at(-2)}`);
    expect((await made(ACS, { name: 'plainer', remote })).paths).toEqual(['']);
    expect((await read(`${ACS}?name__startswith=plain&ordering=name&fields=name`)).results).toEqual([
      { name: 'plain' },
      { name: 'plainer' },
    ]);
    const roles = await read(`${acs.pulp_href}list_roles/`);
    expect(roles.roles).toEqual([{ role: 'file.filealternatecontentsource_owner', users: ['admin'], groups: [] }]);
  });

  it.each([
    [{ name: 'plain' }, { name: ['This field must be unique.'], remote: ['This field is required.'] }],
    [{ name: 'x', remote: 'nowhere' }, { remote: ['Invalid hyperlink - No URL match.'] }],
    [{ paths: 'one' }, { paths: ['Expected a list of items but got type "str".'] }],
    [{ paths: ['ok', ''] }, { paths: { 1: ['This field may not be blank.'] } }],
    [{ paths: null }, { paths: ['This field may not be null.'] }],
    [{ paths: ['a\u0000'] }, { paths: ['Null characters are not allowed.'] }],
    [{ paths: ['/abs'] }, { paths: ['Path cannot start with a slash.'] }],
  ])('refuses %j', async (fields, errors) => {
    const body = 'paths' in fields ? { name: 'x', remote, ...fields } : fields;
    expect(await ask('POST', ACS, body)).toEqual({ status: 400, body: errors });
  });

  it('is updated by a task, and keeps paths that are not given', async () => {
    const { pulp_href: href } = await made(ACS, { name: 'updated', remote, paths: ['b', 'a', 'b'] });
    const same = await ask('PUT', href, { name: 'updated', remote });
    expect([same.status, same.body.paths]).toEqual([200, ['a', 'b']]);
    expect((await ask('PATCH', href, { paths: ['b', 'a'] })).status).toBe(200);
    const task = await ended(await ask('PATCH', href, { paths: [] }));
    expect([task.name, task.state, task.result.paths]).toEqual([
      'pulpcore.app.tasks.base.ageneral_update',
      'completed',
      [''],
    ]);
    await ended(await ask('PATCH', href, { name: 'renamed' }));
    expect(await read(href)).toMatchObject({ name: 'renamed', paths: [''] });
    const immediate = await made(`${API}/remotes/file/file/`, { name: 'now', url: upstream.url });
    expect((await ask('PATCH', href, { remote: immediate.pulp_href })).body).toEqual({
      remote: ["Remote used with alternate content source must have the 'on_demand' policy."],
    });
  });
});

describe('what a source holds', () => {
  it('is in no list, is no orphan, and goes with the source', async () => {
    const paths = ['one/PULP_MANIFEST', 'two/PULP_MANIFEST'];
    const { pulp_href: href } = await made(ACS, { name: 'held', remote, paths });
    const group = await ended(await ask('POST', `${href}refresh/`));
    expect(group).toMatchObject({ completed: 2, failed: 0, group_progress_reports: [] });
    expect((await read(href)).last_refreshed).not.toBeNull();
    expect(await orphansLeft()).toBe(3);
    await isHidden(group);

    const failed = await ended(await ask('DELETE', remote));
    expect([failed.state, failed.error.description]).toEqual(['failed', expect.stringContaining('protected foreign')]);
    const deleted = await ended(await ask('DELETE', href));
    expect(deleted).toMatchObject({ name: 'pulpcore.app.tasks.base.general_multi_delete', state: 'completed' });
    expect(deleted.reserved_resources_record).toEqual([
      expect.stringContaining('prn:file.filealternatecontentsource:'),
      expect.stringMatching(/^prn:file\.filerepository:/),
      expect.stringMatching(/^prn:file\.filerepository:/),
      expect.stringContaining('shared:prn:core.domain:'),
    ]);
    expect((await ask('GET', href)).status).toBe(404);
    expect(await orphansLeft()).toBe(0);
  });

  it('lets the space of the same files in repositories be reclaimed, to come from the source again', async () => {
    const { pulp_href: href } = await made(ACS, { name: 'again', remote, paths: ['one/PULP_MANIFEST'] });
    await ended(await ask('POST', `${href}refresh/`));
    const origin = await made(`${API}/remotes/file/file/`, { name: 'one', url: `${upstream.url}/one/PULP_MANIFEST` });
    const repository = await made(`${API}/repositories/file/file/`, { name: 'one', remote: origin.pulp_href });
    await ended(await ask('POST', `${repository.pulp_href}sync/`, {}));
    const reclaim = { repo_hrefs: [repository.pulp_href] };
    const task = await ended(await ask('POST', `${API}/repositories/reclaim_space/`, reclaim));
    expect(task.progress_reports[0].done).toBe(2);
  });

  async function isHidden(group: Body): Promise<void> {
    const member = await read(group.tasks[0].pulp_href);
    const version: string = member.created_resources[0];
    const repository = version.replace(/versions\/.*$/, '');
    expect((await read(version)).content_summary.present).toHaveProperty(['file.file']);
    for (const list of ['repositories/', 'repositories/file/file/', 'repository_versions/']) {
      expect((await read(`${API}/${list}`)).count, list).toBe(0);
    }
    expect((await ask('GET', repository)).status).toBe(404);
    const distribution = { name: 'd', base_path: 'd', repository };
    expect((await ask('POST', `${API}/distributions/file/file/`, distribution)).body).toEqual({
      repository: ['Invalid hyperlink - Object does not exist.'],
    });
    expect(await read('/pulp/api/v2/repositories/')).toEqual([]);
    expect((await ask('POST', '/pulp/api/v2/repositories/search/', { criteria: {} })).body).toEqual([]);
    const units = await ask('POST', '/pulp/api/v2/content/units/iso/search/', { criteria: {}, include_repos: true });
    expect(units.body.map((unit: Body) => unit.repository_memberships)).toEqual([[], [], []]);
    const { tags } = await read(`/pulp/api/v2/tasks/${member.pulp_href.split('/').at(-2)}/`);
    expect(tags).toEqual(['pulp:action:sync']);
  }
});
