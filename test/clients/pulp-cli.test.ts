import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, PASSWORD, removeGateway, startGateway } from '../support/gateway.ts';
import { installClients } from '../support/python-clients.ts';
import { putManifest, startUpstream, type Upstream } from '../support/upstream.ts';

const run = promisify(execFile);
const clients = await installClients();
if ('missing' in clients) console.log(`skipped: pulp-cli: ${clients.missing}`);

describe.skipIf('missing' in clients)('pulp-cli, unmodified', () => {
  let gateway: Gateway;
  let upstream: Upstream;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pulp-cli-'));
    upstream = await startUpstream();
    putManifest(upstream, 'isos', { '1.iso': 'one', '2.iso': 'two', '3.iso': 'three' });
    gateway = await startGateway({ home: null, env: {} });
  });

  afterAll(async () => {
    await removeGateway(gateway);
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a command and gives what it printed as JSON. */
  async function pulp<Answer>(...args: string[]): Promise<Answer> {
    const bin = 'bin' in clients ? clients.bin : '';
    const options = ['--base-url', gateway.url, '--username', 'admin', '--password', PASSWORD, '--no-verify-ssl'];
    const { stdout } = await run(join(bin, 'pulp'), [...options, ...args], {
      env: { ...process.env, XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder },
    });
    return (stdout.trim() === '' ? null : JSON.parse(stdout)) as Answer;
  }

  it('sees the status', async () => {
    const status = await pulp<{ versions: { component: string }[] }>('status');

    expect(status.versions.map(({ component }) => component)).toEqual(expect.arrayContaining(['core', 'file']));
  });

  it('syncs, publishes and distributes, and the files can be downloaded', async () => {
    await pulp('file', 'remote', 'create', '--name', 'cli', '--url', `${upstream.url}/isos/PULP_MANIFEST`);
    await pulp('file', 'repository', 'create', '--name', 'cli', '--remote', 'cli');
    await pulp('file', 'repository', 'sync', '--repository', 'cli');
    const publication = await pulp<{ pulp_href: string }>('file', 'publication', 'create', '--repository', 'cli');
    const distribution = await pulp<{ base_url: string }>(
      ...['file', 'distribution', 'create', '--name', 'cli', '--base-path', 'cli'],
      ...['--publication', publication.pulp_href],
    );

    const url = new URL(distribution.base_url, gateway.url);
    expect(await (await fetch(new URL('2.iso', url))).text()).toBe('two');
    expect(await (await fetch(new URL('PULP_MANIFEST', url))).text()).toContain('3.iso,');
  });

  it('uploads, lists, modifies and labels content', async () => {
    const file = join(folder, 'upload.txt');
    writeFileSync(file, 'uploaded by the client');
    await pulp('file', 'repository', 'create', '--name', 'own');
    await pulp('file', 'content', 'upload', '--file', file, '--relative-path', 'docs/a.txt', '--repository', 'own');

    const content = await pulp<{ relative_path: string; sha256: string }[]>(
      ...['file', 'repository', 'content', 'list', '--repository', 'own'],
    );
    expect(content.map(({ relative_path }) => relative_path)).toEqual(['docs/a.txt']);
    await pulp('file', 'repository', 'label', 'set', '--repository', 'own', '--key', 'team', '--value', 'base');
    const [{ sha256 = '' } = {}] = content;
    await pulp(
      ...['file', 'repository', 'content', 'remove', '--repository', 'own'],
      ...['--sha256', sha256, '--relative-path', 'docs/a.txt'],
    );
    expect(await pulp('file', 'repository', 'content', 'list', '--repository', 'own')).toEqual([]);
    const versions = await pulp<{ number: number }[]>('file', 'repository', 'version', 'list', '--repository', 'own');
    expect(versions.map(({ number }) => number)).toEqual([2, 1, 0]);
    const { pulp_labels } = await pulp<{ pulp_labels: object }>('file', 'repository', 'show', '--name', 'own');
    expect(pulp_labels).toEqual({ team: 'base' });
  });

  it('handles tasks, artifacts and orphans', async () => {
    const file = join(folder, 'artifact.bin');
    writeFileSync(file, 'an artifact');
    const artifact = await pulp<{ size: number }>('artifact', 'upload', '--file', file);
    const tasks = await pulp<{ pulp_href: string; state: string }[]>('task', 'list', '--limit', '3');

    expect(artifact.size).toBe(11);
    expect(tasks.length).toBe(3);
    await pulp('orphan', 'cleanup', '--protection-time', '0');
    await pulp('task', 'purge', '--finished-before', '2099-01-01');
  });
});
