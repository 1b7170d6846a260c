import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOnDemandServer } from '../support/big-dump.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { makeMessyServer } from '../support/messy-server.ts';
import { makeArchive } from '../support/v2-dump.ts';

let folder: string;
let archive: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'));
  archive = join(folder, 'dump.archive.gz');
  const { database } = await makeMessyServer(join(folder, 'pulp'));
  await writeFile(archive, gzipSync(makeArchive(database)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(home: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['src/boot/bootstrap.mjs', 'migrate', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PULP_HOME: home },
  });
}

async function run(home: string, ...args: string[]) {
  const child = start(home, args);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err] = await Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  return { code: await ended, out: out ?? '', err: err ?? '' };
}

const from = (source: string) => ['--source', source, '--content-root', join(folder, 'pulp')];

describe('pulp-gateway migrate', () => {
  it('plans, runs, verifies, reports, and serves what it moved', async () => {
    const home = join(folder, 'home');
    const planned = await run(home, 'plan', ...from(archive), '--json');
    expect(planned.code).toBe(0);
    expect(JSON.parse(planned.out).totals).toMatchObject({ repositories: 8, repositories_moving: 6, units: 19 });
    expect(existsSync(home)).toBe(false);

    const moved = await run(home, 'run', ...from(archive));
    expect(moved.code, moved.err).toBe(3);
    expect(moved.out).toMatch(/iso +18 +9 +0 +9/);
    expect(moved.err).toContain('content: ');
    expect((await run(home, 'verify', ...from(archive))).code).toBe(0);
    const report = await run(home, 'report', '--json');
    for (const kind of JSON.parse(report.out).kinds) {
      expect(kind.source).toBe(kind.migrated + kind.deduplicated + kind.set_aside);
    }
    expect((await run(home, 'run', ...from(archive))).err).toContain('nothing was written');
    expect((await run(home, 'status')).out).toContain('completed');
    await checkServed(home);
  });

  async function checkServed(home: string): Promise<void> {
    const gateway = await startGateway({ home, env: { PULP_ALLOWED_IMPORT_PATHS: folder } });
    try {
      for (const root of ['/pulp/isos/animals/', '/pulp/content/animals/']) {
        const manifest = await (await fetch(new URL(`${root}PULP_MANIFEST`, gateway.url))).text();
        expect(manifest.split('\n').filter(Boolean)).toHaveLength(5);
        expect(await (await fetch(new URL(`${root}good.iso`, gateway.url))).text()).toContain('the bytes of good.iso');
      }
      await checkRest(gateway);
    } finally {
      await gateway.stop();
    }
  }

  async function checkRest(gateway: Gateway): Promise<void> {
    const request = { source: archive, content_root: join(folder, 'pulp') };
    const inventory = await migrateByTask(gateway, { ...request, dry_run: true });
    expect(inventory).toMatchObject({ state: 'completed', result: { totals: { repositories: 8, units: 19 } } });
    const again = await migrateByTask(gateway, { ...request, plan: { orphans: true } });
    expect(again).toMatchObject({ state: 'completed', result: { changed: true } });
    expect(again.progress_reports.map(({ code }) => code)).toContain('migrating.content');
    const wrong = await migrateByTask(gateway, { ...request, plan: { orphan: true } });
    expect(wrong).toMatchObject({ state: 'failed', error: { description: 'plan:1: orphan: unknown key' } });
    const outside = await gateway.call('POST', '/pulp/api/v3/migrations/', { ...request, source: '/etc/passwd' });
    expect(outside.status).toBe(400);
    expect(Object.keys((await outside.json()) as object)).toEqual(['source']);
    const list = await (await gateway.call('GET', '/pulp/api/v3/migrations/')).json();
    expect(list).toMatchObject({ count: 2, results: [{ state: 'completed' }, { state: 'completed' }] });
    const interval = 'R2/2031-01-01T00:00:00Z/P1D';
    const planned = await gateway.call('POST', '/pulp/api/v3/migrations/schedule/', {
      ...request,
      dispatch_interval: interval,
    });
    expect(planned.status).toBe(201);
    expect(await planned.json()).toMatchObject({
      dispatch_interval: interval,
      next_dispatch: '2031-01-01T00:00:00.000000Z',
    });
    expect((await gateway.call('DELETE', '/pulp/api/v3/migrations/schedule/')).status).toBe(204);
  }

  type Task = { state: string; result: unknown; error: unknown; progress_reports: { code: string }[] };

  async function migrateByTask(gateway: Gateway, body: object): Promise<Task> {
    const { task } = (await (await gateway.call('POST', '/pulp/api/v3/migrations/', body)).json()) as { task: string };
    for (;;) {
      const found = (await (await gateway.call('GET', task)).json()) as Task;
      if (!['waiting', 'running'].includes(found.state)) return found;
      await sleep(100);
    }
  }

  it.each([
    [['plan', '--content-root', '/nowhere'], 2, "required option '--source"],
    [['plan', '--source', '/nowhere/dump'], 1, 'cannot be read'],
    [['plan', '--source', 'mongodb://u:secret@h/'], 1, 'not there yet'],
    [['fly'], 2, 'unknown command'],
  ])('%j ends with %i and a sentence', async (args, code, message) => {
    const result = await run(join(folder, 'unused'), ...args);
    expect(result.err).toContain(message);
    expect(result.err).not.toContain('secret');
    expect(result.code).toBe(code);
  });

  it('refuses a wrong plan file before anything is touched, with its line', async () => {
    const plan = join(folder, 'plan.yaml');
    await writeFile(plan, 'repositories:\n  inclde: [a]\n');
    const result = await run(join(folder, 'unused'), 'run', ...from(archive), '--plan', plan);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toContain('plan.yaml:2: repositories.inclde: unknown key');
    expect(existsSync(join(folder, 'unused'))).toBe(false);
  });

  it('is finished by the next run after SIGKILL at any moment', async () => {
    const home = join(folder, 'killed');
    const big = join(folder, 'big.archive');
    await writeFile(big, makeArchive(makeOnDemandServer(12_000, 12)));
    await run(home, 'status');
    for (const words of ['repositories: ', 'content: ', 'versions: ', 'publications: ']) {
      await killAt(start(home, ['run', ...from(big)]), words);
    }
    const last = await run(home, 'run', ...from(big));
    expect(last.code, last.err).toBe(0);
    const verified = await run(home, 'verify', ...from(big));
    expect(verified.out).toContain('12 repositories hold their 12000 units');
    expect(verified.code, verified.out).toBe(0);
  }, 240_000);

  /** Kills the process, and the database that it started, when its progress shows the words. */
  function killAt(child: ChildProcess, words: string): Promise<void> {
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      let seen = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        seen += chunk;
        if (seen.includes(words) && child.pid !== undefined && child.exitCode === null)
          process.kill(-child.pid, 'SIGKILL');
      });
      child.stdout?.resume();
    });
  }
});
