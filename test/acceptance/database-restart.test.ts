import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedServer, startEmbedded } from '../../src/platform/postgres/embedded.ts';
import { type Gateway, removeGateway, startGateway } from '../support/gateway.ts';
import { ask, ended, run, taskOf } from '../support/killed-gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../support/upstream.ts';

const FILES = 200;
const SLOW_MS = 100;
const PATIENCE_MS = 120_000;

let folder: string;
let database: EmbeddedServer;
let upstream: Upstream;
let gateway: Gateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restart-'));
  database = await startDatabase();
  upstream = await startUpstream();
  upstream.fault = (_request, response, path) => {
    if (!path.endsWith('.bin')) return false;
    setTimeout(() => response.end(upstream.files.get(path)), SLOW_MS);
    return true;
  };
  const { host = '', port, user } = database.connection;
  const url = `postgresql://${user}@/postgres?host=${encodeURIComponent(host)}&port=${port}`;
  gateway = await startGateway({ home: null, env: { PULP_DATABASE_URL: url } });
}, PATIENCE_MS);

afterAll(async () => {
  await removeGateway(gateway);
  await upstream.close();
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
});

function startDatabase(): Promise<EmbeddedServer> {
  return startEmbedded({
    dataDir: join(folder, 'postgres'),
    socketDir: join(folder, 'run'),
    logFile: join(folder, 'postgres.log'),
    connections: 60,
    durable: false,
    searchPath: (process.env.PATH ?? '').split(delimiter),
  });
}

async function restartDatabase(awayMs: number): Promise<void> {
  await database.stop();
  await delay(awayMs);
  database = await startDatabase();
}

/** A repository of slow files that no other one has. */
async function makeRepository(name: string): Promise<string> {
  const files = Array.from({ length: FILES }, (_, index) => [`${index}.bin`, `file ${index} of ${name}`]);
  putManifest(upstream, name, Object.fromEntries(files));
  const url = `${upstream.url}/${name}/PULP_MANIFEST`;
  const remote = await ask<{ pulp_href: string }>(gateway, 'POST', '/pulp/api/v3/remotes/file/file/', {
    name,
    url,
    download_concurrency: 2,
  });
  const body = { name, remote: remote.pulp_href };
  return (await ask<{ pulp_href: string }>(gateway, 'POST', '/pulp/api/v3/repositories/file/file/', body)).pulp_href;
}

async function startSync(repository: string): Promise<string> {
  upstream.requests.length = 0;
  const task = taskOf(await ask<object>(gateway, 'POST', `${repository}sync/`, {}));
  while (upstream.requests.length < 5) await delay(10);
  return task;
}

/** The server itself may answer 500 while the database is away, but answers. */
async function untilBack(): Promise<void> {
  while ((await gateway.call('GET', '/pulp/api/v3/repositories/')).status !== 200) await delay(50);
}

describe('a restart of PostgreSQL', () => {
  it(
    'in the middle of a task ends it at most, and nothing else',
    async () => {
      const repository = await makeRepository('restarted');
      const task = await startSync(repository);

      await restartDatabase(2500);
      await untilBack();

      expect(['failed', 'completed']).toContain((await ended(gateway, task)).state);
      expect(gateway.process.exitCode).toBeNull();
      await run(gateway, 'POST', `${repository}sync/`, {});
    },
    PATIENCE_MS,
  );

  it(
    'leaves the workers able to hear of a cancel',
    async () => {
      await restartDatabase(0);
      await untilBack();
      const task = await startSync(await makeRepository('canceled'));

      await ask(gateway, 'PATCH', task, { state: 'canceled' });

      expect((await ended(gateway, task)).state).toBe('canceled');
    },
    PATIENCE_MS,
  );
});
