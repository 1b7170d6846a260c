import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identifier, sql } from '../../src/platform/postgres/sql.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  ask,
  type EndedTask,
  ended,
  expectNoStrayFiles,
  filesIn,
  killWorkers,
  run,
  taskOf,
} from '../support/killed-gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../support/upstream.ts';

const FILES = 1200;
/** Kills of a kind: until so many publishes were cut off, but no more than that many. */
const CUT_OFF = 4;
const MOST_KILLS = 12;

const V3 = '/pulp/api/v3';
const V2_REPOSITORY = '/pulp/api/v2/repositories/two';

/** A repository of either face and how that face publishes it. */
interface Side {
  repository: string;
  publish: { path: string; body: object };
  served: string;
  /** What the publication at the old address lists. */
  published: readonly string[];
  wanted: readonly string[];
}

let store: TestDatabase;
let upstream: Upstream;
let gateway: Gateway;
let sides: Side[];
let env: Record<string, string>;

beforeAll(async () => {
  store = await createEmptyDatabase();
  const { host, port, user, database } = store.connection;
  env = { PULP_DATABASE_URL: `postgresql://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}` };
  upstream = await startUpstream();
  putManifest(upstream, 'isos', Object.fromEntries(names(FILES).map((name) => [name, bodyOf(name)])));
  gateway = await startGateway({ home: null, env });
  sides = [await makeV3Side(), await makeV2Side()];
  for (const side of sides) await publishAndCheck(side);
});

afterAll(async () => {
  await gateway.stop();
  rmSync(gateway.home, { recursive: true, force: true });
  await upstream.close();
  await store.drop();
});

const names = (count: number) => Array.from({ length: count }, (_, index) => `folder-${index % 7}/${index}.bin`);
const bodyOf = (name: string) => `the bytes of ${name}`;

async function makeV3Side(): Promise<Side> {
  const url = `${upstream.url}/isos/PULP_MANIFEST`;
  const remote = await ask<{ pulp_href: string }>(gateway, 'POST', `${V3}/remotes/file/file/`, { name: 'three', url });
  const body = { name: 'three', remote: remote.pulp_href };
  const made = await ask<{ pulp_href: string }>(gateway, 'POST', `${V3}/repositories/file/file/`, body);
  const repository = made.pulp_href;
  await run(gateway, 'POST', `${repository}sync/`, {});
  const distribution = { name: 'three', base_path: 'three', repository };
  await run(gateway, 'POST', `${V3}/distributions/file/file/`, distribution);
  const publish = { path: `${V3}/publications/file/file/`, body: { repository } };
  return { repository, publish, served: '/pulp/content/three/', published: [], wanted: names(FILES) };
}

async function makeV2Side(): Promise<Side> {
  await ask(gateway, 'POST', '/pulp/api/v2/repositories/', {
    id: 'two',
    importer_type_id: 'iso_importer',
    importer_config: { feed: `${upstream.url}/isos/` },
    distributors: [
      {
        distributor_id: 'iso_distributor',
        distributor_type_id: 'iso_distributor',
        distributor_config: { relative_url: 'two', serve_http: true, serve_https: true },
        auto_publish: false,
      },
    ],
  });
  await run(gateway, 'POST', `${V2_REPOSITORY}/actions/sync/`, {});
  const path = `${V3}/repositories/file/file/?name=two`;
  const { results } = await ask<{ results: { pulp_href: string }[] }>(gateway, 'GET', path);
  const publish = { path: `${V2_REPOSITORY}/actions/publish/`, body: { id: 'iso_distributor' } };
  const repository = results[0]?.pulp_href ?? '';
  return { repository, publish, served: '/pulp/isos/two/', published: [], wanted: names(FILES) };
}

async function publishAndCheck(side: Side): Promise<void> {
  await run(gateway, 'POST', side.publish.path, side.publish.body);
  side.published = side.wanted;
  expect(await listed(side)).toEqual([...side.wanted].sort());
}

async function addFile(side: Side, name: string): Promise<void> {
  upstream.files.set(name, Buffer.from(bodyOf(name)));
  const body = { relative_path: name, file_url: `${upstream.url}/${name}`, repository: side.repository };
  await run(gateway, 'POST', `${V3}/content/file/files/`, body);
  side.wanted = [...side.wanted, name];
}

async function download(side: Side, path: string): Promise<string> {
  const response = await fetch(new URL(side.served + path, gateway.url));
  expect(response.status, path).toBe(200);
  return response.text();
}

/** The paths that the manifest names; the pages of the folders name the same number of files. */
async function listed(side: Side): Promise<string[]> {
  const manifest = await download(side, 'PULP_MANIFEST');
  const paths = manifest.split('\n').filter(Boolean);
  const page = await download(side, '');
  const folders = [...page.matchAll(/href="\.\/(folder-\d)\/"/g)].map(([, folder]) => folder);
  const pages = await Promise.all(folders.map((folder) => download(side, `${folder}/`)));
  const files = [page, ...pages].flatMap((text) => [...text.matchAll(/href="\.\/[^"]+[^/]"/g)]);
  expect(files).toHaveLength(paths.length + 1);
  return paths.map((line) => line.slice(0, line.indexOf(',')));
}

/** Seeded, from 0 to 1. */
function* fractions(seed: number): Generator<number, never> {
  for (let state = seed; ; state = (state * 16_807) % 2_147_483_647) yield (state % 1000) / 1000;
}

type Timed = EndedTask & { pulp_created: string; finished_at: string };

/** Queues a publish of every side; gives the tasks. */
async function publishBoth(): Promise<string[]> {
  const answers = await Promise.all(
    sides.map(({ publish }) => ask<object>(gateway, 'POST', publish.path, publish.body)),
  );
  return answers.map(taskOf);
}

/** How long publishes of both sides at once take, from the request to the later end. */
async function measurePublish(): Promise<number> {
  for (const side of sides) await addFile(side, `measured-${Date.now()}.bin`);
  const tasks = (await Promise.all((await publishBoth()).map((task) => ended(gateway, task)))) as Timed[];
  for (const side of sides) side.published = side.wanted;
  return Math.max(...tasks.map(({ pulp_created, finished_at }) => Date.parse(finished_at) - Date.parse(pulp_created)));
}

/** Publishes both sides with a file more, kills at that moment, and returns what became of the tasks. */
async function publishAndKill(file: string, afterMs: number, kill: () => Promise<void>): Promise<EndedTask[]> {
  for (const side of sides) await addFile(side, file);
  const tasks = await publishBoth();
  await delay(afterMs);
  await kill();
  return Promise.all(tasks.map((task) => ended(gateway, task)));
}

/** A publish is there as a whole or not at all; one that says that it completed is there. */
async function expectWhole(side: Side, task: EndedTask): Promise<void> {
  const paths = await listed(side);
  const isNew = paths.length === side.wanted.length;
  expect(paths).toEqual([...(isNew ? side.wanted : side.published)].sort());
  if (task.state === 'completed') expect(isNew).toBe(true);
  else expect(task).toMatchObject({ state: 'failed', error: { reason: 'Worker has gone missing.' } });
  for (const name of paths.slice(-3)) expect(await download(side, name)).toBe(bodyOf(name));
  side.published = isNew ? side.wanted : side.published;
}

/** Newest first. */
function histories(): Promise<{ id: string; result: string }[]> {
  return ask(gateway, 'GET', `${V2_REPOSITORY}/history/publish/iso_distributor/`);
}

/** A publish that finished has written one entry, one that was cut off at most one, and never about anything but success. */
async function expectHistory(before: readonly { id: string }[], task: EndedTask): Promise<void> {
  const after = await histories();
  const added = after.slice(0, after.length - before.length);
  expect(after.slice(added.length)).toEqual(before);
  expect(added.map(({ result }) => result)).toEqual(added.map(() => 'success'));
  if (task.state === 'completed') expect(added).toHaveLength(1);
  else expect(added.length).toBeLessThan(2);
}

async function killRepeatedly(seed: number, kill: () => Promise<void>): Promise<void> {
  const span = await measurePublish();
  const moments = fractions(seed);
  let cutOff = 0;
  for (let round = 0; round < MOST_KILLS && cutOff < CUT_OFF; round += 1) {
    const before = await histories();
    const afterMs = moments.next().value * span;
    const tasks = await publishAndKill(`killed-${seed}-${round}.bin`, afterMs, kill);
    for (const [index, side] of sides.entries()) await expectWhole(side, tasks[index] as EndedTask);
    await expectHistory(before, tasks[1] as EndedTask);
    cutOff += tasks.filter(({ state }) => state === 'failed').length;
  }
  expect(cutOff).toBeGreaterThanOrEqual(CUT_OFF);
  for (const side of sides) {
    await addFile(side, `after-${seed}.bin`);
    await publishAndCheck(side);
  }
}

/** Publishes, and kills the workers once one of them stands before a table that is locked against writes. */
async function killWhileWaitingFor(table: string, side: Side): Promise<EndedTask & { id: string }> {
  const href = await store.database.transaction(async (tx) => {
    await tx.execute(sql`lock table ${identifier(table)} in share mode`);
    const task = taskOf(await ask<object>(gateway, 'POST', side.publish.path, side.publish.body));
    while (!(await tx.find(sql`select 1 from pg_locks where relation = ${table}::regclass and not granted`))) {
      await delay(5);
    }
    await killWorkers(gateway);
    return task;
  });
  return { ...(await ended(gateway, href)), id: href.split('/').at(-2) ?? '' };
}

describe('SIGKILL during a publish', () => {
  it('of the server and its workers: the publication is whole or not there', async () => {
    await killRepeatedly(20_011, async () => {
      await gateway.kill();
      gateway = await startGateway({ home: gateway.home, env });
    });
  }, 240_000);

  it('of the workers alone: the same', async () => {
    await killRepeatedly(20_021, () => killWorkers(gateway));
  }, 240_000);

  it.each([
    ['its files are named', 'published_metadata', 0, false],
    ['its distribution is moved', 'distribution', 1, false],
    ['its history is written', 'v2_history', 1, true],
  ])('of the workers while %s', async (_what, table, which, isServed) => {
    const side = sides[which] as Side;
    const before = await histories();
    await addFile(side, `stopped-at-${table}.bin`);
    const task = await killWhileWaitingFor(table, side);

    await expectWhole(side, task);
    expect(task.state).toBe('failed');
    expect(side.published === side.wanted).toBe(isServed);
    expect(await histories()).toEqual(before);
    await publishAndCheck(side);
    expect((await histories()).length - before.length).toBe(which);
  });

  it('is an error in v2 that says that the worker died', async () => {
    const side = sides[1] as Side;
    await addFile(side, 'told.bin');
    const { id, state } = await killWhileWaitingFor('published_metadata', side);

    const report = await ask(gateway, 'GET', `/pulp/api/v2/tasks/${id}/`);
    expect(state).toBe('failed');
    expect(report).toMatchObject({
      state: 'error',
      error: {
        code: 'PLP0049',
        description: `Worker terminated abnormally while processing task ${id}.  Check the logs for details`,
        data: { task_id: id },
        sub_errors: [],
      },
      traceback: null,
      result: null,
    });
  });

  it('leaves nothing behind once orphans are cleaned up, and all that is published can be downloaded', async () => {
    await expectNoStrayFiles(gateway);
    expect(filesIn(gateway, 'work')).toEqual([]);
    for (const side of sides) {
      for (let start = 0; start < side.published.length; start += 50) {
        const part = side.published.slice(start, start + 50);
        expect(await Promise.all(part.map((name) => download(side, name)))).toEqual(part.map(bodyOf));
      }
    }
    const rows = await store.database.one(sql`
      select (select count(*) from task_resource) as resources, (select count(*) from task_content) as contents,
        (select count(*) from progress_report where state = 'running') as running,
        (select count(*) from publication) - (select count(*) from published_metadata) as without_manifest,
        (select count(*) from v2_distributor join publication using (publisher_id)) as published_by_v2`);
    expect(rows).toEqual({ resources: 0, contents: 0, running: 0, without_manifest: 0, published_by_v2: 1 });
  });
});
