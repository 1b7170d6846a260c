import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { updateAcs } from '../../../src/core/acs/transactor.ts';
import type { RemoteFields } from '../../../src/core/remote/transactor.ts';
import { deleteObject } from '../../../src/core/tasks/objects.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createFileWorld, type FileWorld } from '../../support/file-world.ts';
import { putManifest, sha256Of, startUpstream, type Upstream } from '../../support/upstream.ts';

let world: FileWorld;
let upstream: Upstream;
let origin: string;
let counter = 0;

beforeAll(async () => {
  world = await createFileWorld();
  upstream = await startUpstream();
  origin = await world.serve();
});
afterEach(async () => {
  upstream.fault = null;
  await world.database.transaction(async (tx) => {
    for (const { id } of await tx.query<{ id: string }>(sql`select id from alternate_content_source`)) {
      await deleteObject(tx, world.services, 'acs', id);
    }
  });
});
afterAll(async () => {
  await upstream.close();
  await world.close();
});

/** A folder of files at the upstream with a remote for it, and a repository to sync it into. */
async function folder(files: Record<string, string>, fields: Partial<RemoteFields> = {}) {
  counter += 1;
  const name = `origin${counter}`;
  putManifest(upstream, name, files);
  const url = `${upstream.url}/${name}/PULP_MANIFEST`;
  const remote = await world.remote({ name, url, max_retries: 0, ...fields });
  const repository = await world.repository({ name });
  return { name, remote, repository, args: { repository: repository.id, remote: remote.id } };
}

/** A refreshed source with one path. */
async function source(files: Record<string, string>, fields: Partial<RemoteFields> = {}) {
  counter += 1;
  const name = `mirror${counter}`;
  putManifest(upstream, name, files);
  const remote = await world.remote({
    ...{ name, url: upstream.url, policy: 'on_demand', max_retries: 0 },
    ...fields,
  });
  const acs = await world.acs({ name, remote_id: remote.id, paths: [`${name}/PULP_MANIFEST`] });
  const tasks = await world.refresh(acs);
  expect(tasks.map(({ state }) => state)).toEqual(['completed']);
  upstream.requests = [];
  return { name, remote, acs };
}

/** Remotes and URLs of a file by its path, in the order in which they are asked. */
async function sourcesOf(path: string): Promise<string[]> {
  const rows = await world.database.query<{ url: string }>(sql`
    select source.url from remote_artifact source join content_artifact path on path.id = content_artifact_id
    where relative_path = ${path} order by rank, source.created`);
  return rows.map(({ url }) => url.slice(upstream.url.length + 1));
}

async function hiddenRepositories(acsId: string): Promise<string[]> {
  const rows = await world.database.query<{ id: string }>(sql`
    select repository.id from repository join alternate_content_path path on path.repository_id = repository.id
    where source_id = ${acsId} and hidden order by path`);
  return rows.map(({ id }) => id);
}

const asked = () => upstream.requests.filter((path) => !path.endsWith('PULP_MANIFEST')).sort();

describe('a refresh', () => {
  it('syncs every path into a hidden repository of its own, in one group', async () => {
    putManifest(upstream, 'one', { 'r.iso': 'refreshed one' });
    putManifest(upstream, 'two', { 'r.iso': 'refreshed two' });
    const remote = await world.remote({ name: 'refreshed', url: `${upstream.url}/`, policy: 'on_demand' });
    const paths = ['one/PULP_MANIFEST', 'two/PULP_MANIFEST', 'gone/PULP_MANIFEST'];
    const acs = await world.acs({ name: 'refreshed', remote_id: remote.id, paths });
    const tasks = await world.refresh(acs);
    expect(tasks.map(({ state, error }) => error?.description ?? state)).toEqual([
      `404, message='Not Found', url='${upstream.url}/gone/PULP_MANIFEST'`,
      'completed',
      'completed',
    ]);
    const locks = [`shared:prn:file.fileremote:${remote.id}`, `shared:prn:file.filealternatecontentsource:${acs.id}`];
    expect(tasks[0]?.reserved_resources_record).toEqual([...locks, expect.stringContaining('core.domain')]);
    expect(await hiddenRepositories(acs.id)).toHaveLength(3);
    expect(await sourcesOf('r.iso')).toEqual(['one/r.iso', 'two/r.iso']);
    const group = await world.database.one(sql`select * from task_group where id = ${tasks[0]?.group_id}`);
    expect(group).toMatchObject({
      description: 'Refreshing 3 alternate content source paths.',
      all_tasks_dispatched: false,
    });
    expect(asked().filter((path) => path.endsWith('r.iso'))).toEqual([]);
  });

  it('again uses the same repositories, and keeps one version of each', async () => {
    const { acs, name } = await source({ 'a.iso': 'kept a' });
    const before = await hiddenRepositories(acs.id);
    putManifest(upstream, name, { 'a.iso': 'kept b' });
    await world.refresh(acs);
    expect(await hiddenRepositories(acs.id)).toEqual(before);
    const versions = await world.database.query<{ number: number }>(
      sql`select number from repository_version where repository_id = any (${before}::uuid[])`,
    );
    expect(versions).toEqual([{ number: 2 }]);
  });
});

describe('a sync, policy immediate', () => {
  it('takes from the source what it has, whatever it is called there', async () => {
    const mirror = await source({ 'same.iso': 'the same', 'x/other-name.iso': 'other name' });
    const { name, repository, args } = await folder({ 'same.iso': 'the same', 'own.iso': 'other name', rest: 'rest' });
    const task = await world.sync(args);
    expect(task.error).toBeNull();
    expect(asked()).toEqual([`${mirror.name}/same.iso`, `${mirror.name}/x/other-name.iso`, `${name}/rest`].sort());
    expect(await sourcesOf('own.iso')).toEqual([`${mirror.name}/x/other-name.iso`, `${name}/own.iso`]);
    expect((await world.reports(task)).find(({ code }) => code === 'sync.downloading.artifacts')?.done).toBe(3);
    const { missing } = await world.database.one<{ missing: number }>(sql`
      select count(*) as missing from repository_content join content_artifact using (content_id)
      where repository_id = ${repository.id} and artifact_id is null`);
    expect(missing).toBe(0);
  });

  it('falls back to the remote where the source has not, or not the right bytes', async () => {
    const mirror = await source({ 'gone.iso': 'gone there', 'wrong.iso': 'wrong there', 'good.iso': 'good there' });
    upstream.files.delete(`${mirror.name}/gone.iso`);
    upstream.files.set(`${mirror.name}/wrong.iso`, Buffer.from('WRONG there'));
    const { name, args } = await folder({ 'gone.iso': 'gone there', w: 'wrong there', 'good.iso': 'good there' });
    expect((await world.sync(args)).error).toBeNull();
    expect(asked().filter((path) => path.startsWith(name))).toEqual([`${name}/gone.iso`, `${name}/w`]);
    expect(await world.services.store.verify(sha256Of('wrong there'))).toBe('intact');
  });

  it('leaves a source alone that is down', async () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}.iso`, `file ${index}`]));
    const mirror = await source(files, { download_concurrency: 2 });
    upstream.fault = (_, res, path) => {
      if (path.startsWith(mirror.name)) res.destroy();
      return path.startsWith(mirror.name);
    };
    const { name, args } = await folder(files);
    expect((await world.sync(args)).error).toBeNull();
    expect(asked().filter((path) => path.startsWith(name))).toHaveLength(20);
    expect(asked().filter((path) => path.startsWith(mirror.name)).length).toBeLessThanOrEqual(5);
  });
});

describe('content on demand', () => {
  async function served(files: Record<string, string>, fields: Partial<RemoteFields> = {}) {
    const found = await folder(files, { policy: 'on_demand', ...fields });
    await world.sync(found.args);
    const task = await world.publish({ repository: found.repository.id });
    const { publication } = task.result as { publication: string };
    await world.distribution({ name: found.name, base_path: found.name, publication_id: publication });
    upstream.requests = [];
    return { ...found, get: (path: string) => fetch(`${origin}/pulp/content/${found.name}/${path}`) };
  }

  it('comes from the source first, from the remote when that fails', async () => {
    const mirror = await source({ 'a.iso': 'on demand a', 'elsewhere.iso': 'on demand b', 'c.iso': 'on demand c' });
    const { name, get } = await served({ 'a.iso': 'on demand a', 'b.iso': 'on demand b', 'c.iso': 'on demand c' });
    upstream.files.set(`${mirror.name}/c.iso`, Buffer.from('On demand c'));
    expect(await (await get('a.iso')).text()).toBe('on demand a');
    expect(await (await get('b.iso')).text()).toBe('on demand b');
    expect(await (await get('c.iso')).text()).toBe('on demand c');
    expect(asked()).toEqual(
      [`${mirror.name}/a.iso`, `${mirror.name}/c.iso`, `${mirror.name}/elsewhere.iso`, `${name}/c.iso`].sort(),
    );
  });

  it('is streamed from the remote when the source fails', async () => {
    const mirror = await source({ 'a.iso': 'streamed a' });
    const { name, get } = await served({ 'a.iso': 'streamed a' }, { policy: 'streamed' });
    upstream.files.delete(`${mirror.name}/a.iso`);
    expect(await (await get('a.iso')).text()).toBe('streamed a');
    expect(asked()).toEqual([`${mirror.name}/a.iso`, `${name}/a.iso`]);
  });

  it('comes from the remote alone once the source is gone', async () => {
    const mirror = await source({ 'a.iso': 'left a' });
    const { name, get } = await served({ 'a.iso': 'left a' });
    await world.database.transaction((tx) => deleteObject(tx, world.services, 'acs', mirror.acs.id));
    expect(await (await get('a.iso')).text()).toBe('left a');
    expect(asked()).toEqual([`${name}/a.iso`]);
  });

  it('still comes from a source that is gone when it is nowhere else', async () => {
    const mirror = await source({ 'a.iso': 'nowhere else' });
    const { name, remote, get } = await served({ 'a.iso': 'nowhere else' });
    await world.database.transaction(async (tx) => {
      await deleteObject(tx, world.services, 'remote', remote.id);
      await deleteObject(tx, world.services, 'acs', mirror.acs.id);
    });
    upstream.files.delete(`${name}/a.iso`);
    expect(await (await get('a.iso')).text()).toBe('nowhere else');
  });
});

describe('changing and deleting', () => {
  it('lets go of the repositories of paths that are taken away', async () => {
    const { acs, name } = await source({ 'a.iso': 'let go' });
    const { name: remaining, args } = await folder({ 'let-go.iso': 'let go' }, { policy: 'on_demand' });
    await world.sync(args);
    expect(await sourcesOf('let-go.iso')).toEqual([`${name}/a.iso`, `${remaining}/let-go.iso`]);
    const [repository] = await hiddenRepositories(acs.id);
    await world.database.transaction((tx) => updateAcs(tx, acs.id, { paths: ['other/PULP_MANIFEST'] }));
    expect(await hiddenRepositories(acs.id)).toEqual([]);
    expect(await world.database.find(sql`select 1 as found from repository where id = ${repository}`)).toBeNull();
    const rows = await world.database.query(sql`select path from alternate_content_path where source_id = ${acs.id}`);
    expect(rows).toEqual([{ path: 'other/PULP_MANIFEST' }]);
    expect(await sourcesOf('let-go.iso')).toEqual([`${remaining}/let-go.iso`, `${name}/a.iso`]);
  });

  it('begins anew with another remote', async () => {
    const { acs, name } = await source({ 'a.iso': 'moved' });
    const { name: origin, args } = await folder({ 'moved.iso': 'moved' }, { policy: 'on_demand' });
    await world.sync(args);
    upstream.files.set(`copy/${name}/PULP_MANIFEST`, upstream.files.get(`${name}/PULP_MANIFEST`) ?? Buffer.of());
    const url = `${upstream.url}/copy/`;
    const copy = await world.remote({ name: `copy of ${name}`, url, policy: 'on_demand' });
    await world.database.transaction((tx) => updateAcs(tx, acs.id, { remote_id: copy.id }));
    expect(await hiddenRepositories(acs.id)).toEqual([]);
    await world.refresh({ ...acs, remote_id: copy.id });
    await world.sync({ ...args, optimize: false });
    expect(await sourcesOf('moved.iso')).toEqual([`copy/${name}/a.iso`, `${origin}/moved.iso`, `${name}/a.iso`]);
  });

  it('refuses to delete the remote of a source', async () => {
    const { remote } = await source({});
    const deleting = world.database.transaction((tx) => deleteObject(tx, world.services, 'remote', remote.id));
    await expect(deleting).rejects.toThrow(
      "referenced through protected foreign keys: 'FileAlternateContentSource.remote'",
    );
  });
});
