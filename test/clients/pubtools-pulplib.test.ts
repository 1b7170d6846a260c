import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PASSWORD, ROOT, removeGateway, startGateway } from '../support/gateway.ts';
import { installClients } from '../support/python-clients.ts';
import { putManifest, startUpstream } from '../support/upstream.ts';

const run = promisify(execFile);
const clients = await installClients();
if ('missing' in clients) console.log(`skipped: pubtools-pulplib: ${clients.missing}`);

describe.skipIf('missing' in clients)('pubtools-pulplib, unmodified', () => {
  it('creates, syncs, searches, uploads, copies, removes, publishes and deletes', async () => {
    const upstream = await startUpstream();
    putManifest(upstream, 'isos', { '1.iso': 'one', '2.iso': 'two', '3.iso': 'three' });
    const gateway = await startGateway({ home: null, env: {} });
    try {
      const python = join('bin' in clients ? clients.bin : '', 'python');
      const script = join(ROOT, 'test/clients/pubtools_walk.py');

      const { stdout } = await run(python, [script, gateway.url, PASSWORD, `${upstream.url}/isos/`], {
        timeout: 120_000,
      });

      expect(stdout).toContain('all done');
      const manifest = await fetch(new URL('/pulp/isos/pubtools-source/PULP_MANIFEST', gateway.url));
      expect((await manifest.text()).split('\n').length).toBe(5);
    } finally {
      await removeGateway(gateway);
      await upstream.close();
    }
  }, 180_000);
});
