import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PASSWORD, ROOT, removeGateway, startGateway } from '../support/gateway.ts';
import { installClients } from '../support/python-clients.ts';
import { makeSampleServer } from '../support/sample-server.ts';
import { putManifest, startUpstream } from '../support/upstream.ts';
import { makeArchive } from '../support/v2-dump.ts';

const run = promisify(execFile);
const clients = await installClients();
if ('missing' in clients) console.log(`skipped: the walk-throughs of the README: ${clients.missing}`);

/** The shell blocks of the README's walk-throughs, as one script that stops at the first command that fails. */
function script(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? '');
  expect(blocks.length).toBeGreaterThanOrEqual(8);
  return ['set -euo pipefail', ...blocks.map((block, index) => `echo "--- block ${index + 1}"\n${block}`)].join('\n');
}

describe.skipIf('missing' in clients)('the walk-throughs of the README', () => {
  it('work as they stand', async () => {
    const gateway = await startGateway({ home: null, env: {} });
    const upstream = await startUpstream();
    putManifest(upstream, 'isos', { '1.iso': 'one\n'.repeat(256), '2.iso': 'two\n', '3.iso': 'three\n' });
    try {
      prepareHome(gateway.home);
      const text = script()
        .replaceAll('http://127.0.0.1:24817', gateway.url)
        .replaceAll('http://127.0.0.1:8899', upstream.url)
        .replaceAll(/(?<![\w/])var\//g, `${gateway.home}/`)
        .replace(/^python3 -m venv .*\n.*pip install .*\n/m, '');

      const { stdout } = await run('bash', ['-c', text], {
        cwd: ROOT,
        timeout: 240_000,
        env: { ...process.env, PULP_HOME: gateway.home, XDG_CACHE_HOME: join(gateway.home, 'cache') },
      }).catch((error: { stdout: string; stderr: string; message: string }) => {
        throw new Error(`${error.stdout}\n${error.stderr}\n${error.message.split('\n')[0]}`);
      });

      expect(stdout).toContain('changed through v2');
      expect(stdout).toContain('hammer.iso of old-tools');
    } finally {
      await removeGateway(gateway);
      await upstream.close();
    }
  }, 300_000);
});

/** What `npm run sample` and the first start leave in ./var, and the client, which is installed already. */
function prepareHome(home: string): void {
  const content = join(home, 'sample', 'pulp2-content');
  mkdirSync(content, { recursive: true });
  writeFileSync(join(home, 'sample', 'pulp2.archive'), makeArchive(makeSampleServer(content)));
  writeFileSync(join(home, 'sample', 'upload.bin'), 'a file to upload\n');
  writeFileSync(join(home, 'admin-password'), PASSWORD);
  if ('bin' in clients) symlinkSync(join(clients.bin, '..'), join(home, 'venv'));
}
