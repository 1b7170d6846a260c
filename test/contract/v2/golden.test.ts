import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, removeGateway, startGateway } from '../../support/gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../../support/upstream.ts';
import { dropRepositories, isoRepository, post, type Replay, replay } from './replay.ts';

let gateway: Gateway;
let upstream: Upstream;

beforeAll(async () => {
  upstream = await startUpstream();
  for (const folder of ['file', 'file2']) {
    const files = ['1.iso', '2.iso', '3.iso'].map((name) => [name, Buffer.alloc(1024, `${folder} ${name}`)]);
    putManifest(upstream, folder, Object.fromEntries(files));
  }
  gateway = await startGateway({ home: null, env: { PULP_ADMIN_PASSWORD: 'admin' } });
  await workersUp();
});

afterAll(async () => {
  if (gateway) await removeGateway(gateway);
  await upstream?.close();
});

beforeEach(() => dropRepositories(gateway.url));

/** The first exchanges list the workers, which come up beside the API. */
async function workersUp(): Promise<void> {
  for (;;) {
    const status = await fetch(new URL('/pulp/api/v2/status/', gateway.url));
    const { known_workers: known } = (await status.json()) as { known_workers: unknown[] };
    if (known.length === 4) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

type Setup = Partial<Pick<Replay, 'before' | 'times'>>;

async function differencesIn(area: string, setup: Setup): Promise<string[]> {
  const options = { before: {}, times: {}, ...setup };
  const differences = await replay({ area, url: gateway.url, feed: upstream.url, ...options });
  const entries = Object.entries(differences).map(([name, difference]) => `${name} — ${difference}`);
  if (entries.length > 0) console.log(`${area}:\n  ${entries.join('\n  ')}`);
  return Object.keys(differences);
}

/** What stays different, and why, is told in differences.md. Anything else, and anything that got equal, fails. */
describe('exchanges with a real Pulp 2.21', () => {
  it('status', async () => {
    expect(await differencesIn('status', {})).toEqual([]);
  });

  it('transport', async () => {
    expect(await differencesIn('transport', {})).toEqual(['other prefix']);
  });

  it('repositories', async () => {
    expect(await differencesIn('repositories', {})).toEqual([]);
  });

  it('plugins', async () => {
    expect(await differencesIn('plugins', {})).toEqual(['types', 'importers', 'distributors']);
  });

  it('importers and distributors', async () => {
    const before = { 'importers when none': () => post(gateway.url, '/repositories/', { id: 'pl' }) };
    expect(await differencesIn('importers_distributors', { before })).toEqual([
      'add importer: config text: task',
      'update importer: config text: task',
      'replace importer',
      'replace importer: task',
      'importers after replacement',
      'delete importer of other type',
      'delete importer',
      'delete importer: task',
      'add distributor without id',
      'add distributor: refused',
      'distributors',
      'update distributor: no config: task',
      'update distributor: delta only: task',
    ]);
  });

  it('schedules', async () => {
    const before = {
      'sync list empty': async () => {
        await isoRepository(gateway.url, 'sc', `${upstream.url}/file/`, false);
        await post(gateway.url, '/repositories/', { id: 'sc0' });
      },
    };
    expect(await differencesIn('schedules', { before })).toEqual([]);
  });

  it('sync and publish', async () => {
    const { url } = gateway;
    const importer = (id: string, folder: string, policy: string | null) => () =>
      post(url, '/repositories/', {
        id,
        importer_type_id: 'iso_importer',
        importer_config: { feed: `${upstream.url}/${folder}/`, download_policy: policy },
      });
    const before = {
      'sync with auto publish': () => isoRepository(url, 'sp', `${upstream.url}/file/`, true),
      'sync: no importer': () => post(url, '/repositories/', { id: 'sp0' }),
      'sync: no feed': () => isoRepository(url, 'sp1', null, false),
      'sync: feed without manifest': importer('sp2', 'no-such-thing', null),
      'sync on demand': importer('sp3', 'file2', 'on_demand'),
      'sync in background': importer('sp4', 'file', 'background'),
    };
    const times = { 'history publish date': '2000-01-01T00:00:00Z' };
    expect(await differencesIn('sync_publish', { before, times })).toEqual(['sync: bad override: task']);
  });
});
