import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, PASSWORD, removeGateway, startGateway } from '../support/gateway.ts';
import { ask, ended, expectNoStrayFiles, killWorkers, run, taskOf } from '../support/killed-gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../support/upstream.ts';

const FILES = 300;
const SLOW_MS = 15;
const PATIENCE_MS = 120_000;

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  const files = Array.from({ length: FILES }, (_, index) => [`${index}.bin`, `file ${index}`]);
  putManifest(upstream, 'slow', Object.fromEntries(files));
  upstream.fault = (_request, response, path) => {
    if (!path.endsWith('.bin')) return false;
    setTimeout(() => response.end(upstream.files.get(path)), SLOW_MS);
    return true;
  };
  gateway = await startGateway({ home: null, env: {} });
});

afterAll(async () => {
  await removeGateway(gateway);
  await upstream.close();
});

/** A power cut, and a start afterwards. */
async function killAndRestart(): Promise<void> {
  await gateway.kill();
  gateway = await startGateway({ home: gateway.home, env: {} });
}

async function makeRepository(name: string): Promise<string> {
  const url = `${upstream.url}/slow/PULP_MANIFEST`;
  const remote = await ask<{ pulp_href: string }>(gateway, 'POST', '/pulp/api/v3/remotes/file/file/', { name, url });
  const body = { name, remote: remote.pulp_href };
  return (await ask<{ pulp_href: string }>(gateway, 'POST', '/pulp/api/v3/repositories/file/file/', body)).pulp_href;
}

async function startSync(repository: string): Promise<string> {
  upstream.requests.length = 0;
  return taskOf(await ask<object>(gateway, 'POST', `${repository}sync/`, {}));
}

async function unitCount(repository: string): Promise<number> {
  const { latest_version_href } = await ask<{ latest_version_href: string }>(gateway, 'GET', repository);
  type Version = { content_summary: { present: Record<string, { count: number }> } };
  const version = await ask<Version>(gateway, 'GET', latest_version_href);
  return version.content_summary.present['file.file']?.count ?? 0;
}

describe('SIGKILL of everything', () => {
  it(
    'during a sync: no half version, the task ends, the next sync completes, no stray file stays',
    async () => {
      const repository = await makeRepository('killed-sync');
      const task = await startSync(repository);
      while (upstream.requests.length < FILES / 3) await delay(5);

      await killAndRestart();

      expect((await ended(gateway, task)).state).toBe('failed');
      expect(await unitCount(repository)).toBe(0);
      await run(gateway, 'POST', `${repository}sync/`, {});
      expect(await unitCount(repository)).toBe(FILES);
      await expectNoStrayFiles(gateway);
    },
    PATIENCE_MS,
  );

  it(
    'during an upload: what was acknowledged is there, and the upload can be finished',
    async () => {
      const upload = await ask<{ upload_id: string }>(gateway, 'POST', '/pulp/api/v2/content/uploads/');
      const put = (offset: number, body: string) => {
        const path = `/pulp/api/v2/content/uploads/${upload.upload_id}/${offset}/`;
        const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
        return fetch(new URL(path, gateway.url), { method: 'PUT', body, headers: { authorization } });
      };
      expect((await put(0, 'first half, ')).status).toBe(200);

      await killAndRestart();

      expect((await put(12, 'second half')).status).toBe(200);
      const name = 'killed-upload';
      const importer = { importer_type_id: 'iso_importer', importer_config: {} };
      await ask(gateway, 'POST', '/pulp/api/v2/repositories/', { id: name, ...importer });
      const whole = 'first half, second half';
      const checksum = createHash('sha256').update(whole).digest('hex');
      const unit_key = { name: 'whole.txt', checksum, size: whole.length };
      await run(gateway, 'POST', `/pulp/api/v2/repositories/${name}/actions/import_upload/`, {
        upload_id: upload.upload_id,
        unit_type_id: 'iso',
        unit_key,
      });
    },
    PATIENCE_MS,
  );

  it(
    'of a worker alone: its task fails, another worker takes the next one',
    async () => {
      const repository = await makeRepository('killed-worker');
      await run(gateway, 'POST', '/pulp/api/v3/orphans/cleanup/', { orphan_protection_time: 0 });
      const task = await startSync(repository);
      while (upstream.requests.length < 5 && (await stateOf(task)) !== 'completed') await delay(5);

      await killWorkers(gateway);

      expect(['failed', 'completed']).toContain((await ended(gateway, task)).state);
      await run(gateway, 'POST', `${repository}sync/`, {});
      expect(await unitCount(repository)).toBe(FILES);
    },
    PATIENCE_MS,
  );
});

async function stateOf(task: string): Promise<string> {
  return (await ask<{ state: string }>(gateway, 'GET', task)).state;
}
