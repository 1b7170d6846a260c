import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, removeGateway, startGateway } from '../../support/gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../../support/upstream.ts';
import { dropRepositories, isoRepository, post, type Replay, replay } from './replay.ts';

/** The files that the exchanges were recorded with: their digests are in the answers. */
const RECORDED_FILES = join(process.cwd(), '../shared/fixtures/upstream');

let gateway: Gateway;
let upstream: Upstream;

beforeAll(async () => {
  upstream = await startUpstream();
  const files = ['1.iso', '2.iso', '3.iso'].map((name) => [name, Buffer.alloc(1024, name)]);
  putManifest(upstream, 'file', Object.fromEntries(files));
  gateway = await startGateway({ home: null, env: { PULP_ADMIN_PASSWORD: 'admin' } });
});

afterAll(async () => {
  if (gateway) await removeGateway(gateway);
  await upstream?.close();
});

beforeEach(() => dropRepositories(gateway.url));

async function differencesIn(area: string, before: Replay['before'], times: Replay['times']): Promise<string[]> {
  const differences = await replay({ area, url: gateway.url, feed: upstream.url, before, times });
  const entries = Object.entries(differences).map(([name, difference]) => `${name} — ${difference}`);
  if (entries.length > 0) console.log(`${area}:\n  ${entries.join('\n  ')}`);
  return Object.keys(differences);
}

function isoFrom(id: string, folder: string): Promise<void> {
  return isoRepository(gateway.url, id, `${upstream.url}/${folder}/`, false);
}

async function synced(id: string, folder: string): Promise<void> {
  await isoFrom(id, folder);
  await post(gateway.url, `/repositories/${id}/actions/sync/`, {});
}

/** Which of several equal units comes first is nobody's choice. */
const CHANCE = new Set(['without type ids', 'type search paged', 'unassociate all: task']);

async function dropAll(): Promise<void> {
  await dropRepositories(gateway.url);
}

const ADMIN = { Authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` };

/** Units that other tests left behind would be found by the recorded searches. */
async function removeOrphans(): Promise<void> {
  await fetch(new URL('/pulp/api/v2/content/orphans/', gateway.url), { method: 'DELETE', headers: ADMIN });
  await tasksEnded();
}

async function tasksEnded(): Promise<void> {
  const running = new URL('/pulp/api/v2/tasks/search/?filters={"state":{"$in":["waiting","running"]}}', gateway.url);
  for (let left = 1; left > 0; ) {
    left = ((await (await fetch(running, { headers: ADMIN })).json()) as unknown[]).length;
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What stays different, and why, is told in differences.md. Anything else, and anything that got equal, fails. */
describe('exchanges with a real Pulp 2.21', () => {
  it('repository search', async () => {
    const before = {
      everything: async () => {
        for (const n of [1, 0, 2, 3, 4]) {
          const notes = { n, k: n % 2 ? 'b' : 'a', '_repo-type': 'iso-repo' };
          await post(gateway.url, '/repositories/', { id: `r${n}`, notes });
        }
        await isoFrom('r9', 'file');
      },
    };
    expect(await differencesIn('repository_search', before, {})).toEqual([]);
  });

  it('uploads', async () => {
    const before = {
      create: async () => {
        await removeOrphans();
        await isoRepository(gateway.url, 'up', null, false);
      },
    };
    expect(await differencesIn('uploads', before, {})).toEqual([]);
  });

  it('tasks', async () => {
    const before = { sync: () => isoFrom('tk', 'file'), get: tasksEnded };
    // Of tasks whose ids were not recorded.
    const unknown = ['waiting', 'cancel waiting', 'canceled', 'cancel at once', 'canceled at once'];
    expect(await differencesIn('tasks', before, {})).toEqual(unknown);
  });

  it.skipIf(!existsSync(RECORDED_FILES))(
    'units (needs the recorded upstream)',
    async () => {
      for (const folder of ['file', 'file2', 'file-many']) {
        for (const name of readdirSync(join(RECORDED_FILES, folder))) {
          upstream.files.set(`${folder}/${name}`, readFileSync(join(RECORDED_FILES, folder, name)));
        }
      }
      const before = {
        all: async () => {
          await removeOrphans();
          await synced('old', 'file2');
          await dropAll();
          await synced('u1', 'file');
          await isoFrom('u2', 'file');
          await synced('u3', 'file-many');
        },
        'copy: destination without importer': () => post(gateway.url, '/repositories/', { id: 'u4' }),
        orphans: dropAll,
      };
      const times = { 'association filter': '2000-01-01T00:00:00Z' };
      const differences = await differencesIn('units', before, times);
      expect(differences.filter((name) => !CHANCE.has(name))).toEqual([
        'copy: other importer',
        'copy: other importer: task',
        'orphans',
        'delete in bulk: task',
        'delete all: task',
      ]);
    },
    120_000,
  );
});
