import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, PASSWORD, removeGateway, startGateway } from '../../support/gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../../support/upstream.ts';

const API = '/pulp/api/v3';
const FILES = { 'a.bin': Buffer.alloc(2000, 'a'), 'b.bin': Buffer.alloc(2000, 'b'), 'c.bin': Buffer.alloc(2000, 'c') };

let gateway: Gateway;
let upstream: Upstream;
let repository: string;

type Body = Record<string, never>;
interface Task {
  state: string;
  result: unknown;
  error: { description: string } | null;
  progress_reports: { code: string; done: number }[];
  created_resources: string[];
}

beforeAll(async () => {
  upstream = await startUpstream();
  putManifest(upstream, 'up', FILES);
  gateway = await startGateway({ home: null, env: {} });
  const remote = await ask('POST', `${API}/remotes/file/file/`, {
    name: 'up',
    url: `${upstream.url}/up/PULP_MANIFEST`,
  });
  const made = await ask('POST', `${API}/repositories/file/file/`, { name: 'up', remote: remote.pulp_href });
  repository = `${made.pulp_href}`;
  expect((await run(`${repository}sync/`, {})).state).toBe('completed');
});

afterAll(async () => {
  if (gateway) await removeGateway(gateway);
  await upstream?.close();
});

async function ask(method: string, path: string, body?: unknown): Promise<Body> {
  return (await (await gateway.call(method, path, body)).json()) as Body;
}

/** The task behind a POST, once it has ended. */
async function run(path: string, body: object): Promise<Task> {
  const { task } = await ask('POST', path, body);
  expect(task).toBeDefined();
  for (;;) {
    const found = (await ask('GET', task ?? '')) as unknown as Task;
    if (!['waiting', 'running', 'canceling'].includes(found.state)) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function storedAt(name: keyof typeof FILES): string {
  const sha256 = createHash('sha256').update(FILES[name]).digest('hex');
  return join(gateway.home, 'storage', 'artifact', sha256.slice(0, 2), sha256.slice(2));
}

function counts(task: Task): Record<string, number> {
  return Object.fromEntries(task.progress_reports.map(({ code, done }) => [code, done]));
}

describe('repair', () => {
  it('finds bytes that are gone or wrong and fetches them again', async () => {
    rmSync(storedAt('a.bin'));
    rmSync(storedAt('b.bin'));
    writeFileSync(storedAt('b.bin'), 'rotten');
    const task = await run(`${repository}versions/1/repair/`, { verify_checksums: true });
    expect(task.state).toBe('completed');
    expect(counts(task)).toEqual({ 'repair.missing': 1, 'repair.corrupted': 1, 'repair.repaired': 2 });
    expect(counts(await run(`${API}/repair/`, {}))).toMatchObject({ 'repair.missing': 0, 'repair.corrupted': 0 });
  });

  it('only reports what no remote has any more', async () => {
    rmSync(storedAt('c.bin'));
    const bytes = upstream.files.get('up/c.bin');
    upstream.files.delete('up/c.bin');
    const task = await run(`${API}/repair/`, { verify_checksums: false });
    expect(counts(task)).toMatchObject({ 'repair.missing': 1, 'repair.repaired': 0 });
    if (bytes) upstream.files.set('up/c.bin', bytes);
    expect(counts(await run(`${API}/repair/`, {}))).toMatchObject({ 'repair.repaired': 1 });
  });
});

describe('an artifact', () => {
  it('whose bytes are damaged is made whole by sending them again', async () => {
    const send = async () => {
      const form = new FormData();
      form.append('file', new Blob([FILES['a.bin']]), 'a');
      const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
      return fetch(new URL(`${API}/artifacts/`, gateway.url), {
        method: 'POST',
        body: form,
        headers: { authorization },
      });
    };
    expect((await send()).status).toBe(400);
    rmSync(storedAt('a.bin'));
    expect((await send()).status).toBe(201);
    expect(existsSync(storedAt('a.bin'))).toBe(true);
  });
});

describe('reclaiming space', () => {
  it('makes units on-demand that can be had again, and keeps what a kept version has', async () => {
    const kept = await run(`${API}/repositories/reclaim_space/`, {
      repo_hrefs: [repository],
      repo_versions_keeplist: [`${repository}versions/1/`],
    });
    expect(counts(kept)).toEqual({ 'reclaim-space.artifact': 0 });
    const task = await run(`${API}/repositories/reclaim_space/`, { repo_hrefs: [repository] });
    expect(counts(task)).toEqual({ 'reclaim-space.artifact': 3 });
    expect(existsSync(storedAt('a.bin'))).toBe(false);
    const units = (await ask('GET', `${API}/content/file/files/?fields=artifact,sha256`)) as unknown as {
      results: object[];
    };
    expect(units.results).toContainEqual(expect.objectContaining({ artifact: null }));
  });
});

describe('a unit from a URL', () => {
  it('is downloaded by the task, with the credentials in it', async () => {
    upstream.files.set('private', Buffer.from('private bytes'));
    upstream.fault = (req, res, path) => {
      const wanted = `Basic ${Buffer.from('u:p w').toString('base64')}`;
      if (path !== 'private' || req.headers.authorization === wanted) return false;
      res.writeHead(401).end();
      return true;
    };
    const open = upstream.url.replace('http://', 'http://u:p%20w@');
    const task = await run(`${API}/content/file/files/`, { relative_path: 'private', file_url: `${open}/private` });
    expect(task).toMatchObject({ state: 'completed', result: { relative_path: 'private' } });
    const refused = await run(`${API}/content/file/files/`, {
      relative_path: 'p2',
      file_url: `${upstream.url}/private`,
    });
    expect(refused.state).toBe('failed');
    expect(JSON.stringify([task, refused])).not.toContain('p%20w');
  });
});
