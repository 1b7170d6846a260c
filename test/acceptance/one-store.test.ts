import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, removeGateway, startGateway } from '../support/gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../support/upstream.ts';

let gateway: Gateway;
let upstream: Upstream;
let feed: string;

beforeAll(async () => {
  upstream = await startUpstream();
  putManifest(upstream, 'isos', { '1.iso': 'one', '2.iso': 'two' });
  feed = `${upstream.url}/isos/`;
  gateway = await startGateway({ home: null, env: {} });
});

afterAll(async () => {
  await removeGateway(gateway);
  await upstream.close();
});

type Answer = Record<string, unknown> & { results?: Record<string, unknown>[] };

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await gateway.call(method, `/pulp/api/${path}`, body);
  expect(response.status, `${method} ${path}`).toBeLessThan(300);
  return (await response.json()) as Answer;
}

/** Waits for a task of either face and all that it spawned; gives it as v3 shows it. */
async function finished(id: string): Promise<Answer> {
  for (;;) {
    const task = await call('GET', `v3/tasks/${id}/`);
    if (task.state === 'failed') throw new Error(JSON.stringify(task.error));
    if (task.state === 'completed') {
      for (const child of task.child_tasks as string[]) await finished(child.split('/').at(-2) ?? '');
      return task;
    }
    await delay(20);
  }
}

const spawned = (report: Answer) => (report.spawned_tasks as { task_id: string }[])[0]?.task_id ?? '';
const idOf = (href: unknown) => String(href).split('/').at(-2) ?? '';

describe('one store', () => {
  it('shows what v2 made in v3: repository, remote, version, publication, distribution, task', async () => {
    await call('POST', 'v2/repositories/', {
      id: 'from-v2',
      description: 'made by v2',
      importer_type_id: 'iso_importer',
      importer_config: { feed },
      distributors: [
        {
          distributor_id: 'iso_distributor',
          distributor_type_id: 'iso_distributor',
          distributor_config: { relative_url: 'two', serve_http: true, serve_https: true },
          auto_publish: true,
        },
      ],
    });
    const sync = spawned(await call('POST', 'v2/repositories/from-v2/actions/sync/', {}));
    const task = await finished(sync);

    const [repository = {}] = (await call('GET', 'v3/repositories/file/file/?name=from-v2')).results ?? [];
    const [remote = {}] = (await call('GET', 'v3/remotes/file/file/')).results ?? [];
    const [distribution = {}] = (await call('GET', 'v3/distributions/file/file/?base_path=two')).results ?? [];
    const publication = await call('GET', `v3/publications/file/file/${idOf(distribution.publication)}/`);
    expect(repository).toMatchObject({ description: 'made by v2', remote: remote.pulp_href });
    expect(remote.url).toBe(`${feed}PULP_MANIFEST`);
    expect(repository.latest_version_href).toBe(`${repository.pulp_href}versions/1/`);
    expect(publication.repository_version).toBe(repository.latest_version_href);
    expect(task.created_resources).toContain(repository.latest_version_href);
    for (const root of ['isos', 'content']) {
      const response = await fetch(new URL(`/pulp/${root}/two/1.iso`, gateway.url));
      expect(await response.text()).toBe('one');
    }
  });

  it('shows what v3 made in v2: importer, distributor, units, task', async () => {
    const url = `${feed}PULP_MANIFEST`;
    const remote = await call('POST', 'v3/remotes/file/file/', { name: 'from-v3', url, policy: 'on_demand' });
    const repository = await call('POST', 'v3/repositories/file/file/', { name: 'from-v3', remote: remote.pulp_href });
    const sync = await call('POST', `${String(repository.pulp_href).slice('/pulp/api/'.length)}sync/`, {});
    await finished(idOf(sync.task));
    const publish = { repository: repository.pulp_href };
    await finished(idOf((await call('POST', 'v3/publications/file/file/', publish)).task));
    const distribute = { name: 'three', base_path: 'three', repository: repository.pulp_href };
    await finished(idOf((await call('POST', 'v3/distributions/file/file/', distribute)).task));

    const shown = await call('GET', 'v2/repositories/from-v3/?details=true');
    const units = await call('POST', 'v2/repositories/from-v3/search/units/', { criteria: {} });
    const task = await call('GET', `v2/tasks/${idOf(sync.task)}/`);

    expect(shown).toMatchObject({
      id: 'from-v3',
      content_unit_counts: { iso: 2 },
      importers: [{ id: 'iso_importer', config: { feed, download_policy: 'on_demand' } }],
      distributors: [{ distributor_type_id: 'iso_distributor', config: { relative_url: 'three' } }],
    });
    expect(units).toHaveLength(2);
    expect(task).toMatchObject({ state: 'finished', task_type: 'pulp.server.managers.repo.sync.sync' });
    const published = await fetch(new URL('/pulp/isos/three/2.iso', gateway.url));
    expect(await published.text()).toBe('two');
  });

  it('shows a change of either side on the other at once', async () => {
    const [repository = {}] = (await call('GET', 'v3/repositories/file/file/?name=from-v2')).results ?? [];
    const href = String(repository.pulp_href).slice('/pulp/api/'.length);

    await call('PUT', 'v2/repositories/from-v2/', { delta: { description: 'changed by v2' } });
    expect((await call('GET', href)).description).toBe('changed by v2');
    await call('PATCH', href, { description: 'changed by v3' });
    expect((await call('GET', 'v2/repositories/from-v2/')).description).toBe('changed by v3');
  });

  it('counts its requests and tasks for whoever watches it', async () => {
    await call('GET', 'v3/status/');

    const metrics = await (await fetch(new URL('/metrics', gateway.url))).text();
    expect(metrics).toMatch(/http_request_duration_seconds_count\{face="v3",method="GET",status="2xx"\} \d+/);
    expect(metrics).toMatch(/pulp_tasks_unfinished\{state="waiting"\} 0/);
  });
});
