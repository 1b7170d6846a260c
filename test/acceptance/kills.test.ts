import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, startGateway } from '../support/gateway.ts';

const FILES = 300;
const SLOW_MS = 15;

let upstream: Server;
let feed: string;
let asked = 0;
let gateway: Gateway;

beforeAll(async () => {
  const body = (index: number) => `file ${index}`;
  const manifest = Array.from({ length: FILES }, (_, index) => {
    const digest = createHash('sha256').update(body(index)).digest('hex');
    return `${index}.bin,${digest},${body(index).length}\n`;
  }).join('');
  upstream = createServer((request, response) => {
    const [, index] = /(\d+)\.bin$/.exec(request.url ?? '') ?? [];
    if (index === undefined) return response.end(manifest);
    asked += 1;
    setTimeout(() => response.end(body(Number(index))), SLOW_MS);
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  feed = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  gateway = await startGateway({ home: null, env: {} });
});

afterAll(async () => {
  await gateway.stop();
  rmSync(gateway.home, { recursive: true, force: true });
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

async function json<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await gateway.call(method, path, body);
  expect(response.status, `${method} ${path}`).toBeLessThan(300);
  return (await response.json()) as Answer;
}

/** A power cut, and a start afterwards. */
async function killAndRestart(): Promise<void> {
  await gateway.kill();
  gateway = await startGateway({ home: gateway.home, env: {} });
}

async function finalState(task: string): Promise<string> {
  for (;;) {
    const { state } = await json<{ state: string }>('GET', task);
    if (['completed', 'failed', 'canceled'].includes(state)) return state;
    await delay(50);
  }
}

async function makeRepository(name: string): Promise<string> {
  const url = `${feed}/PULP_MANIFEST`;
  const remote = await json<{ pulp_href: string }>('POST', '/pulp/api/v3/remotes/file/file/', { name, url });
  const body = { name, remote: remote.pulp_href };
  return (await json<{ pulp_href: string }>('POST', '/pulp/api/v3/repositories/file/file/', body)).pulp_href;
}

async function unitCount(repository: string): Promise<number> {
  const { latest_version_href } = await json<{ latest_version_href: string }>('GET', repository);
  type Version = { content_summary: { present: Record<string, { count: number }> } };
  const version = await json<Version>('GET', latest_version_href);
  return version.content_summary.present['file.file']?.count ?? 0;
}

const countFiles = (folder: string) =>
  readdirSync(join(gateway.home, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .length;

describe('SIGKILL of everything', () => {
  it('during a sync: no half version, the task ends, the next sync completes, no stray file stays', async () => {
    const repository = await makeRepository('killed-sync');
    const { task } = await json<{ task: string }>('POST', `${repository}sync/`, {});
    while (asked < FILES / 3) await delay(5);

    await killAndRestart();

    expect(await finalState(task)).toBe('failed');
    expect(await unitCount(repository)).toBe(0);
    const again = await json<{ task: string }>('POST', `${repository}sync/`, {});
    expect(await finalState(again.task)).toBe('completed');
    expect(await unitCount(repository)).toBe(FILES);
    await removeOrphans();
    const { count } = await json<{ count: number }>('GET', '/pulp/api/v3/artifacts/?limit=1');
    expect(countFiles('storage/artifact')).toBe(count);
  });

  it('during an upload: what was acknowledged is there, and the upload can be finished', async () => {
    const upload = await json<{ upload_id: string }>('POST', '/pulp/api/v2/content/uploads/');
    const put = (offset: number, body: string) => {
      const path = `/pulp/api/v2/content/uploads/${upload.upload_id}/${offset}/`;
      const authorization = `Basic ${Buffer.from('admin:test-password').toString('base64')}`;
      return fetch(new URL(path, gateway.url), { method: 'PUT', body, headers: { authorization } });
    };
    expect((await put(0, 'first half, ')).status).toBe(200);

    await killAndRestart();

    expect((await put(12, 'second half')).status).toBe(200);
    const name = 'killed-upload';
    const importer = { importer_type_id: 'iso_importer', importer_config: {} };
    await json('POST', '/pulp/api/v2/repositories/', { id: name, ...importer });
    const whole = 'first half, second half';
    const checksum = createHash('sha256').update(whole).digest('hex');
    const unit_key = { name: 'whole.txt', checksum, size: whole.length };
    type Report = { spawned_tasks: { task_id: string }[] };
    const report = await json<Report>('POST', `/pulp/api/v2/repositories/${name}/actions/import_upload/`, {
      upload_id: upload.upload_id,
      unit_type_id: 'iso',
      unit_key,
    });
    expect(await finalState(`/pulp/api/v3/tasks/${report.spawned_tasks[0]?.task_id}/`)).toBe('completed');
  });

  it('of a worker alone: its task fails, another worker takes the next one', async () => {
    asked = 0;
    const repository = await makeRepository('killed-worker');
    await removeOrphans();
    const { task } = await json<{ task: string }>('POST', `${repository}sync/`, {});
    while (asked < 5 && (await stateOf(task)) !== 'completed') await delay(5);

    for (const pid of await workerPids()) killIfThere(pid);

    expect(['failed', 'completed']).toContain(await finalState(task));
    const again = await json<{ task: string }>('POST', `${repository}sync/`, {});
    expect(await finalState(again.task)).toBe('completed');
    expect(await unitCount(repository)).toBe(FILES);
  });
});

async function stateOf(task: string): Promise<string> {
  return (await json<{ state: string }>('GET', task)).state;
}

async function workerPids(): Promise<number[]> {
  const workers = await json<{ results: { name: string }[] }>('GET', '/pulp/api/v3/workers/?online=true');
  return workers.results.map(({ name }) => Number(name.split('@')[0])).filter((pid) => pid > 0);
}

/** Workers that were killed before still count as online for a while. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function removeOrphans(): Promise<void> {
  const body = { orphan_protection_time: 0 };
  const { task } = await json<{ task: string }>('POST', '/pulp/api/v3/orphans/cleanup/', body);
  expect(await finalState(task)).toBe('completed');
}
