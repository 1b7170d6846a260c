import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, removeGateway, startGateway } from '../support/gateway.ts';
import { ask, ended, taskOf } from '../support/killed-gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../support/upstream.ts';

/** A second signal within a second counts as the same one. */
const IMPATIENCE_MS = 1200;

let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  putManifest(upstream, 'stuck', { 'a.bin': 'never sent' });
  upstream.fault = (_request, _response, path) => path.endsWith('.bin');
  gateway = await startGateway({ home: null, env: {} });
});

afterAll(async () => {
  await removeGateway(gateway);
  await upstream.close();
});

describe('a signal to stop', () => {
  it('waits for the task at hand and says so; the next one aborts it', async () => {
    const remote = { name: 'stuck', url: `${upstream.url}/stuck/PULP_MANIFEST` };
    const { pulp_href } = await ask<{ pulp_href: string }>(gateway, 'POST', '/pulp/api/v3/remotes/file/file/', remote);
    const body = { name: 'stuck', remote: pulp_href };
    const made = await ask<{ pulp_href: string }>(gateway, 'POST', '/pulp/api/v3/repositories/file/file/', body);
    const task = taskOf(await ask<object>(gateway, 'POST', `${made.pulp_href}sync/`, {}));
    while (!upstream.requests.includes('stuck/a.bin')) await delay(5);
    const { process, output } = gateway;
    const exit = new Promise((resolve) => process.once('exit', resolve));

    process.kill('SIGINT');
    await delay(IMPATIENCE_MS);
    expect(output()).toContain('running tasks have 600 s to finish. Ctrl-C again aborts them.');
    expect(process.exitCode).toBeNull();
    process.kill('SIGINT');

    expect(await exit).toBe(0);
    gateway = await startGateway({ home: gateway.home, env: {} });
    expect(await ended(gateway, task)).toMatchObject({
      state: 'canceled',
      error: { reason: 'Aborted during worker shutdown.' },
    });
  });
});
