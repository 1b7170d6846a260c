import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refreshAcs } from '../../../src/core/acs/refresh.ts';
import { createAcs } from '../../../src/core/acs/transactor.ts';
import { createDistribution } from '../../../src/core/distribution/transactor.ts';
import { createRemote, updateRemote } from '../../../src/core/remote/transactor.ts';
import { createRepository } from '../../../src/core/repository/transactor.ts';
import { dispatch } from '../../../src/core/task/dispatch.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { putManifest, startUpstream, type Upstream } from '../../support/upstream.ts';
import { createV2World, type V2World } from '../../support/v2-world.ts';

const SYNC = 'pulp_file.app.tasks.synchronizing.synchronize';

let upstream: Upstream;
let world: V2World;

beforeAll(async () => {
  upstream = await startUpstream();
  putManifest(upstream, 'file', { 'a.iso': 'a', 'b.iso': 'bb' });
  putManifest(upstream, 'other', { 'a.iso': 'another a', 'c.iso': 'ccc' });
});

afterAll(() => upstream.close());

beforeEach(async () => {
  world = await createV2World();
  return () => world.close();
});

/** As a v3 client makes it: a repository with a remote and a distribution that follows it. */
async function makeThroughV3(name: string) {
  const { database, secrets } = world.services;
  return database.transaction(async (tx) => {
    const url = `${upstream.url}/file/PULP_MANIFEST`;
    const remote = await createRemote(tx, secrets, { type: 'file.file', name: `${name}-remote`, url, password: 'pw' });
    const repository = await createRepository(tx, {
      type: 'file.file',
      name,
      description: 'of v3',
      labels: {},
      retain_repo_versions: null,
      retain_checkpoints: null,
      remote_id: remote.id,
      data: {},
    });
    const fields = { type: 'file.file', name: `${name}-dist`, base_path: `${name}/path`, repository_id: repository.id };
    const distribution = await createDistribution(tx, fields);
    return { remote, repository, distribution };
  });
}

const WITH_ALL = (id: string) => ({
  id,
  importer_type_id: 'iso_importer',
  importer_config: { feed: `${upstream.url}/file/` },
  distributors: [{ distributor_id: 'd', distributor_type_id: 'iso_distributor', auto_publish: true }],
});

describe('what v3 made', () => {
  it('is a repository with importer and distributor in v2', async () => {
    await makeThroughV3('v3');
    const { body } = await world.call('GET', '/repositories/v3/?details=true');
    expect(body).toMatchObject({
      id: 'v3',
      display_name: 'v3',
      description: 'of v3',
      notes: { '_repo-type': 'iso-repo' },
      importers: [{ id: 'iso_importer', config: { feed: `${upstream.url}/file/`, basic_auth_password: '*****' } }],
      distributors: [{ id: 'v3-dist', distributor_type_id: 'iso_distributor', config: { relative_url: 'v3/path' } }],
    });
    expect(JSON.stringify(body)).not.toContain('"pw"');
  });

  it('can be configured, synced and published through v2', async () => {
    const { remote } = await makeThroughV3('v3');
    const update = await world.task('PUT', '/repositories/v3/importers/iso_importer/', {
      importer_config: { max_downloads: 2 },
    });
    expect(update).toMatchObject({ state: 'finished', result: { config: { max_downloads: 2 } } });
    const row = await world.services.database.one<{ download_concurrency: number; password: string }>(
      sql`select download_concurrency, password from remote where id = ${remote.id}`,
    );
    expect(row.download_concurrency).toBe(2);
    expect(world.services.secrets.open(row.password)).toBe('pw');
    expect(await world.task('POST', '/repositories/v3/actions/sync/')).toMatchObject({
      state: 'finished',
      result: { result: 'success', added_count: 2 },
    });
    const published = await world.task('POST', '/repositories/v3/actions/publish/', { id: 'v3-dist' });
    expect(published).toMatchObject({ state: 'finished', result: { result: 'success', distributor_id: 'v3-dist' } });
    expect((await world.download('/pulp/isos/v3/path/PULP_MANIFEST')).text).toContain('a.iso,');
  });

  it('is published through v2 where v3 had pinned a version', async () => {
    const { repository, distribution } = await makeThroughV3('v3');
    await world.services.database.execute(sql`
      update distribution set repository_id = null,
        repository_version_id = (select id from repository_version where repository_id = ${repository.id})
      where id = ${distribution.id}`);
    await world.task('POST', '/repositories/v3/actions/sync/');
    expect((await world.download('/pulp/isos/v3/path/a.iso')).status).toBe(404);
    await world.task('POST', '/repositories/v3/actions/publish/', { id: 'v3-dist' });
    expect((await world.download('/pulp/isos/v3/path/a.iso')).text).toBe('a');
  });

  it('has a history in v2 when v3 syncs it', async () => {
    const { repository } = await makeThroughV3('v3');
    await dispatch(world.services.database, world.services.secrets, {
      name: SYNC,
      args: { repository: repository.id },
      exclusive: [],
      shared: [],
      immediate: false,
      createdBy: null,
      cid: '',
      parentId: null,
      groupId: null,
    });
    await world.drain();
    const { body } = await world.call('GET', '/repositories/v3/history/sync/');
    expect(body).toMatchObject([{ result: 'success', added_count: 2, removed_count: 0, importer_id: 'iso_importer' }]);
    const { body: importer } = await world.call('GET', '/repositories/v3/importers/iso_importer/');
    expect(importer.last_sync).toMatch(/Z$/);
  });
});

describe('an alternate content source of v3', () => {
  it('is asked first by downloads of v2, and shows nothing of itself', async () => {
    const { database, secrets } = world.services;
    putManifest(upstream, 'mirror', { 'a.iso': 'a', 'b.iso': 'bb' });
    const acs = await database.transaction(async (tx) => {
      const fields = { type: 'file.file', name: 'mirror', url: upstream.url, policy: 'on_demand', max_retries: 0 };
      const remote = await createRemote(tx, secrets, fields as never);
      return createAcs(tx, {
        type: 'file.file',
        name: 'mirror',
        remote_id: remote.id,
        paths: ['mirror/PULP_MANIFEST'],
      });
    });
    await refreshAcs(world.services, acs, { syncTask: SYNC, createdBy: null, cid: '' });
    await world.drain();
    expect(await database.query(sql`select id from v2_history`)).toEqual([]);
    expect((await world.call('GET', '/repositories/')).body).toEqual([]);

    const config = { feed: `${upstream.url}/file/`, download_policy: 'on_demand' };
    await world.call('POST', '/repositories/', { ...WITH_ALL('v2'), importer_config: config });
    await world.task('POST', '/repositories/v2/actions/sync/');
    upstream.files.delete('mirror/b.iso');
    upstream.requests = [];
    const download = await world.task('POST', '/repositories/v2/actions/download/', {});
    expect(download.progress_report.background_download).toMatchObject([{ num_success: 2, num_failures: 0 }]);
    expect(upstream.requests.sort()).toEqual(['file/b.iso', 'mirror/a.iso', 'mirror/b.iso']);
  });

  it('keeps its remote when the importer of that remote goes', async () => {
    const { database } = world.services;
    await world.call('POST', '/repositories/', WITH_ALL('v2'));
    const { id } = await database.one<{ id: string }>(sql`update remote set policy = 'on_demand' returning id`);
    await database.transaction((tx) => createAcs(tx, { type: 'file.file', name: 'shared', remote_id: id }));
    await world.task('DELETE', '/repositories/v2/importers/iso_importer/');
    expect(await database.query(sql`select id from remote`)).toEqual([{ id }]);
  });
});

describe('what v2 made', () => {
  it('is a remote, a publisher and a distribution that serves the newest publication', async () => {
    await world.call('POST', '/repositories/', WITH_ALL('v2'));
    await world.task('POST', '/repositories/v2/actions/sync/');
    const row = await world.services.database.one(sql`
      select remote.name as remote, remote.url, publisher.autopublish, distribution.base_path,
        publication.publisher_id = publisher.id as own
      from repository join remote on remote.id = remote_id join publisher on publisher.repository_id = repository.id
      join distribution on distribution.publisher_id = publisher.id join publication on publication.id = publication_id
      where repository.name = 'v2'`);
    expect(row).toEqual({
      remote: 'v2',
      url: `${upstream.url}/file/PULP_MANIFEST`,
      autopublish: true,
      base_path: 'v2',
      own: true,
    });
    expect((await world.download('/pulp/isos/v2/b.iso')).text).toBe('bb');
  });

  it('shows what v3 changed, and keeps what only v3 can say', async () => {
    const { database, secrets } = world.services;
    await world.call('POST', '/repositories/', WITH_ALL('v2'));
    const { id } = await database.one<{ id: string }>(sql`select id from remote`);
    await updateRemote(database, secrets, id, { url: `${upstream.url}/other/PULP_MANIFEST`, policy: 'streamed' });
    const path = '/repositories/v2/importers/iso_importer/';
    const { body } = await world.call('GET', path);
    expect(body.config).toEqual({ feed: `${upstream.url}/other/`, download_policy: 'streamed' });
    await world.task('PUT', path, { importer_config: { num_retries: 1 } });
    expect(await database.one(sql`select policy, max_retries from remote`)).toEqual({
      policy: 'streamed',
      max_retries: 1,
    });
  });

  it('keeps its URL for hosts when a distribution of v3 is in the way', async () => {
    const { database } = world.services;
    const fields = { type: 'file.file', name: 'foreign', base_path: 'v2' };
    await database.transaction((tx) => createDistribution(tx, fields));
    await world.call('POST', '/repositories/', WITH_ALL('v2'));
    await world.task('POST', '/repositories/v2/actions/sync/');
    expect((await world.download('/pulp/isos/v2/b.iso')).text).toBe('bb');
    const { body } = await world.call('GET', '/repositories/v2/distributors/d/');
    expect(body.config).toEqual({});
  });

  it('leaves nothing behind when it is deleted', async () => {
    await world.call('POST', '/repositories/', WITH_ALL('v2'));
    const schedules = '/repositories/v2/importers/iso_importer/schedules/sync/';
    await world.call('POST', schedules, { schedule: '2035-01-01T00:00:00Z/P1D' });
    await world.task('POST', '/repositories/v2/actions/sync/');
    expect(await world.task('DELETE', '/repositories/v2/')).toMatchObject({ state: 'finished', result: null });
    const left = await world.services.database.one(sql`
      select (select count(*) from repository) as repositories, (select count(*) from remote) as remotes,
        (select count(*) from publisher) as publishers, (select count(*) from distribution) as distributions,
        (select count(*) from publication) as publications, (select count(*) from schedule) as schedules,
        (select count(*) from v2_repository) + (select count(*) from v2_importer)
          + (select count(*) from v2_distributor) + (select count(*) from v2_history) as facts`);
    expect(Object.values(left)).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect((await world.download('/pulp/isos/v2/b.iso')).status).toBe(404);
  });
});
