import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runJob } from '../../../src/core/task/job.ts';
import { claimTask } from '../../../src/core/task/queue.ts';
import { dispatchDue } from '../../../src/core/task/schedule.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { putManifest, startUpstream, type Upstream } from '../../support/upstream.ts';
import { createV2World, type V2World } from '../../support/v2-world.ts';

const SKIPPED = 'Skipped: Repository content has not changed since last publish.';

let upstream: Upstream;
let world: V2World;

beforeAll(async () => {
  upstream = await startUpstream();
});

afterAll(() => upstream.close());

beforeEach(async () => {
  upstream.files.clear();
  upstream.fault = null;
  putManifest(upstream, 'file', { 'a.iso': 'a', 'b.iso': 'bb' });
  world = await createV2World();
  return () => world.close();
});

async function create(config: object): Promise<void> {
  const { status } = await world.call('POST', '/repositories/', {
    id: 'r',
    importer_type_id: 'iso_importer',
    importer_config: { feed: `${upstream.url}/file/`, ...config },
    distributors: [{ distributor_id: 'd', distributor_type_id: 'iso_distributor' }],
  });
  expect(status).toBe(201);
}

const sync = (override?: object) =>
  world.task('POST', '/repositories/r/actions/sync/', override && { override_config: override });

const publish = (override?: object) =>
  world.task('POST', '/repositories/r/actions/publish/', { id: 'd', ...(override && { override_config: override }) });

describe('sync', () => {
  it('adds, replaces units of the same name, and removes only when told to', async () => {
    await create({});
    await sync();
    putManifest(upstream, 'file', { 'a.iso': 'new a' });
    expect((await sync()).result).toMatchObject({ added_count: 1, removed_count: -1 });
    expect((await world.call('GET', '/repositories/r/')).body.content_unit_counts).toEqual({ iso: 2 });
    expect((await sync({ remove_missing: true })).result).toMatchObject({ added_count: 0, removed_count: -1 });
    expect((await world.call('GET', '/repositories/r/')).body.content_unit_counts).toEqual({ iso: 1 });
  });

  it('uses an override for one sync only, and leaves no remote of it behind', async () => {
    putManifest(upstream, 'other', { 'c.iso': 'ccc' });
    await create({});
    expect((await sync({ feed: `${upstream.url}/other/` })).result).toMatchObject({ added_count: 1 });
    const { body } = await world.call('GET', '/repositories/r/importers/iso_importer/');
    expect(body.config).toEqual({ feed: `${upstream.url}/file/` });
    expect((await sync()).result).toMatchObject({ added_count: 2, removed_count: 0 });
  });

  it('removes the remote of an override that a killed sync has left behind, and keeps one that units need', async () => {
    const { database } = world.services;
    const remotes = () => database.query<{ url: string }>(sql`select url from remote order by created`);
    putManifest(upstream, 'other', { 'c.iso': 'ccc' });
    await create({});
    await sync({ feed: `${upstream.url}/other/`, download_policy: 'on_demand' });
    await sync();
    expect(await remotes()).toHaveLength(2);
    await database.execute(sql`update remote set policy = 'immediate' where data ? 'made_for'`);

    await sync();
    expect(await remotes()).toEqual([{ url: `${upstream.url}/file/PULP_MANIFEST` }]);
  });

  it('fetches nothing now with a deferred policy, and all of it by a download', async () => {
    await create({ download_policy: 'on_demand' });
    expect((await sync()).progress_report.iso_importer).toMatchObject({ state: 'complete', num_isos: null });
    const details = async () => (await world.call('GET', '/repositories/r/?details=true')).body;
    expect(await details()).toMatchObject({ locally_stored_units: 0, total_repository_units: 2 });
    const download = await world.task('POST', '/repositories/r/actions/download/');
    expect(download.progress_report.background_download).toMatchObject([{ num_success: 2, state: 'FINISHED' }]);
    expect(await details()).toMatchObject({ locally_stored_units: 2 });
  });

  it('queues a download after a sync in background', async () => {
    await create({ download_policy: 'background' });
    const { spawned_tasks: spawned } = await sync();
    expect(spawned).toHaveLength(1);
    expect((await world.call('GET', '/repositories/r/?details=true')).body).toMatchObject({ locally_stored_units: 2 });
  });

  it('takes what comes, and tells which files failed', async () => {
    putManifest(upstream, 'file', { 'a.iso': 'a', 'b.iso': 'bb', 'c.iso': 'ccc' });
    await create({ num_retries: 0 });
    upstream.files.delete('file/b.iso');
    upstream.files.set('file/c.iso', Buffer.from('xxx'));
    const report = await sync();
    expect(report).toMatchObject({ state: 'error', result: null, error: { code: 'PLP0000' } });
    expect(report.error.description).toContain(
      "{'name': u'b.iso', 'error': {'response_code': 404, 'response_msg': 'Not Found'}}",
    );
    const { iso_importer: progress } = report.progress_report;
    expect(progress).toMatchObject({ state: 'isos_failed', num_isos: 3, num_isos_finished: 1, finished_bytes: 1 });
    expect(progress.iso_error_messages).toHaveLength(2);
    expect(JSON.stringify(progress.iso_error_messages)).toMatch(/<c\.iso> failed checksum validation/);
    expect((await world.call('GET', '/repositories/r/')).body.content_unit_counts).toEqual({ iso: 1 });
    const { body: history } = await world.call('GET', '/repositories/r/history/sync/');
    expect(history).toMatchObject([{ result: 'error', added_count: null, summary: null }]);
    expect(history[0].importer_id).toEqual({ $oid: expect.stringMatching(/^[0-9a-f]{24}$/) });
    expect(history[0].traceback).toEqual([expect.any(String)]);
  });

  it('removes what the remote lists no longer although files fail, and is whole when they are back', async () => {
    await create({ num_retries: 0, remove_missing: true });
    await sync();
    putManifest(upstream, 'file', { 'b.iso': 'bb', 'c.iso': 'ccc' });
    upstream.files.delete('file/c.iso');
    expect(await sync()).toMatchObject({ state: 'error' });
    expect((await world.call('GET', '/repositories/r/')).body.content_unit_counts).toEqual({ iso: 1 });
    upstream.files.set('file/c.iso', Buffer.from('ccc'));
    expect((await sync()).result).toMatchObject({ result: 'success', added_count: 1 });
  });

  it('adds nothing when the remote goes away', async () => {
    await create({ num_retries: 0 });
    upstream.fault = (_request, response, path) => {
      if (!path.endsWith('b.iso')) return false;
      response.destroy();
      return true;
    };
    expect(await sync()).toMatchObject({ state: 'error' });
    expect((await world.call('GET', '/repositories/r/')).body.content_unit_counts).toEqual({});
  });

  it('names a broken line of the manifest', async () => {
    await create({});
    upstream.files.set('file/PULP_MANIFEST', Buffer.from('a.iso,nonsense\n'));
    const report = await sync();
    expect(report.progress_report.iso_importer).toMatchObject({ state: 'manifest_failed' });
    expect(report.progress_report.iso_importer.error_message).toContain('1');
    expect((await world.call('GET', '/repositories/r/history/sync/')).body).toMatchObject([{ result: 'failed' }]);
  });

  it('can be canceled, which its history tells', async () => {
    await create({});
    const controller = new AbortController();
    upstream.fault = (_request, _response, path) => {
      if (!path.endsWith('b.iso')) return false;
      controller.abort();
      return true;
    };
    await world.call('POST', '/repositories/r/actions/sync/');
    const { database, processId } = world.services;
    const task = await claimTask(database, processId);
    if (!task) throw new Error('Nothing to do.');
    await runJob(world.services, task, controller);
    expect((await world.call('GET', `/tasks/${task.id}/`)).body).toMatchObject({ state: 'canceled', error: null });
    const { body: history } = await world.call('GET', '/repositories/r/history/sync/');
    expect(history).toMatchObject([{ result: 'canceled', summary: { state: 'cancelled' } }]);
  });
});

describe('publish', () => {
  it('is skipped until something changes, or when forced', async () => {
    await create({});
    await sync();
    expect((await publish()).result).toMatchObject({ result: 'success' });
    expect((await publish()).result).toMatchObject({ result: 'skipped', summary: SKIPPED, details: SKIPPED });
    expect((await publish({ force_full: true })).result).toMatchObject({ result: 'success' });
    expect((await publish({ other: 1 })).result).toMatchObject({ result: 'success' });
    await world.task('PUT', '/repositories/r/distributors/d/', { distributor_config: { serve_http: true } });
    expect((await publish({ other: 1 })).result).toMatchObject({ result: 'success' });
    putManifest(upstream, 'file', { 'a.iso': 'a', 'b.iso': 'bb', 'c.iso': 'ccc' });
    await sync();
    expect((await publish({ other: 1 })).result).toMatchObject({ result: 'success' });
    expect((await world.download('/pulp/isos/r/PULP_MANIFEST')).text.trim().split('\n')).toHaveLength(3);
  });

  it('serves nothing under a distributor that has no scheme left', async () => {
    await create({});
    await sync();
    await publish();
    await world.task('PUT', '/repositories/r/distributors/d/', { distributor_config: { serve_https: false } });
    expect((await world.download('/pulp/isos/r/a.iso')).status).toBe(404);
    await publish();
    expect((await world.download('/pulp/isos/r/a.iso')).status).toBe(404);
    await world.task('PUT', '/repositories/r/distributors/d/', { distributor_config: { serve_https: null } });
    await publish();
    expect((await world.download('/pulp/isos/r/a.iso')).text).toBe('a');
  });

  it('moves with the relative url', async () => {
    await create({});
    await sync();
    await publish();
    await world.task('PUT', '/repositories/r/distributors/d/', { distributor_config: { relative_url: 'x/y' } });
    expect((await world.download('/pulp/isos/r/a.iso')).status).toBe(404);
    expect((await world.download('/pulp/isos/x/y/a.iso')).text).toBe('a');
  });

  it('of two distributors with one path serves what was published last', async () => {
    await create({});
    await world.call('POST', '/repositories/r/distributors/', {
      distributor_id: 'e',
      distributor_type_id: 'iso_distributor',
    });
    await sync();
    expect((await world.task('POST', '/repositories/r/actions/publish/', { id: 'e' })).state).toBe('finished');
    expect((await world.download('/pulp/isos/r/a.iso')).text).toBe('a');
    await world.task('DELETE', '/repositories/r/distributors/d/');
    expect((await publish()).error).toMatchObject({ code: 'PLP0009' });
    await world.task('POST', '/repositories/r/actions/publish/', { id: 'e', override_config: { force_full: true } });
    expect((await world.download('/pulp/isos/r/a.iso')).text).toBe('a');
  });

  it('comes apart again when one of two distributors with one path moves, and together when it moves back', async () => {
    await create({});
    const entry = { distributor_id: 'e', distributor_type_id: 'iso_distributor' };
    await world.call('POST', '/repositories/r/distributors/', entry);
    await sync();
    const move = (relative_url: string | null) =>
      world.task('PUT', '/repositories/r/distributors/e/', { distributor_config: { relative_url } });
    const publishBoth = async () => {
      for (const id of ['d', 'e']) await world.task('POST', '/repositories/r/actions/publish/', { id });
    };
    expect((await move('x')).result.config).toEqual({ relative_url: 'x' });
    await publishBoth();
    for (const path of ['r', 'x']) expect((await world.download(`/pulp/isos/${path}/a.iso`)).text).toBe('a');
    expect((await move(null)).result.config).toEqual({});
    await publishBoth();
    expect((await world.download('/pulp/isos/x/a.iso')).status).toBe(404);
    expect((await world.download('/pulp/isos/r/a.iso')).text).toBe('a');
  });

  it('refuses a path of another repository', async () => {
    await create({});
    const { status, body } = await world.call('POST', '/repositories/', {
      id: 's',
      distributors: [{ distributor_type_id: 'iso_distributor', distributor_config: { relative_url: 'r/below' } }],
    });
    expect(status).toBe(400);
    expect(body.error_message).toBe(
      'Relative URL [r/below] for repository [s] conflicts with existing relative URL [r] for repository [r]',
    );
    expect((await world.call('GET', '/repositories/s/')).status).toBe(404);
  });
});

describe('schedules', () => {
  it('fire as ordinary tasks, count down and end', async () => {
    await create({});
    const path = '/repositories/r/importers/iso_importer/schedules/sync/';
    const { body: schedule } = await world.call('POST', path, { schedule: 'R2/2020-01-01T00:00:00Z/PT1H' });
    const get = async () => (await world.call('GET', schedule._href.slice('/pulp/api/v2'.length))).body;
    expect(await dispatchDue(world.services, new Date())).toBe(1);
    await world.drain();
    expect(await get()).toMatchObject({
      total_run_count: 1,
      remaining_runs: 1,
      enabled: true,
      consecutive_failures: 0,
    });
    expect(await dispatchDue(world.services, new Date())).toBe(0);
    expect(await dispatchDue(world.services, new Date(Date.now() + 2 * 3600_000))).toBe(1);
    await world.drain();
    expect(await get()).toMatchObject({ total_run_count: 2, remaining_runs: 0, enabled: false });
    const { body: tasks } = await world.call('GET', '/tasks/?tag=pulp:repository:r&tag=pulp:action:sync');
    expect(tasks).toMatchObject([{ state: 'finished' }, { state: 'finished' }]);
  });

  it('give up after too many failures', async () => {
    await create({});
    upstream.files.clear();
    const path = '/repositories/r/importers/iso_importer/schedules/sync/';
    const body = { schedule: '2020-01-01T00:00:00Z/PT1H', failure_threshold: 1 };
    const { body: schedule } = await world.call('POST', path, body);
    await dispatchDue(world.services, new Date());
    await world.drain();
    const { body: after } = await world.call('GET', schedule._href.slice('/pulp/api/v2'.length));
    expect(after).toMatchObject({ consecutive_failures: 1, enabled: false });
  });
});
