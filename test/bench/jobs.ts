import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../support/gateway.ts';
import { PASSWORD } from '../support/gateway.ts';
import { create, secondsOf, timeTask, waitFor } from './client.ts';
import { atLeast, atMost, type Figure } from './figures.ts';
import { load } from './load.ts';
import type { Upstream } from './upstream.ts';

const SECONDS = 4;
const AUTHORIZATION = `Authorization: Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}\r\n`;

/** Syncs `count` files with one policy, once and again. Gives the repository's href. */
export async function benchSync(
  gateway: Gateway,
  upstream: Upstream,
  policy: 'immediate' | 'on_demand',
  count: number,
  figures: Figure[],
): Promise<string> {
  const name = `bench-${policy}`;
  const remote = await create(gateway, 'remotes/file/file/', { name, policy, url: `${upstream.url}/PULP_MANIFEST` });
  const repository = await create(gateway, 'repositories/file/file/', { name, remote });
  const first = await timeTask(gateway, `${repository}sync/`, { remote });
  const again = await timeTask(gateway, `${repository}sync/`, { remote });
  const target = policy === 'immediate' ? 2500 : 10_000;
  figures.push(
    { job: `${policy} sync`, value: count / first, unit: 'files/s', target: atLeast(target), ceiling: null },
    { job: `${policy} sync again`, value: again, unit: 's', target: atMost(0.5), ceiling: null },
  );
  return repository;
}

export async function benchPublish(gateway: Gateway, repository: string, figures: Figure[]): Promise<void> {
  const seconds = await timeTask(gateway, '/pulp/api/v3/publications/file/file/', { repository });
  figures.push({ job: 'publish', value: seconds, unit: 's', target: atMost(0.5), ceiling: null });
}

export async function benchContent(gateway: Gateway, repository: string, ceiling: number, figures: Figure[]) {
  await create(gateway, 'distributions/file/file/', { name: 'bench', base_path: 'bench', repository });
  const url = new URL('/pulp/content/bench/file-7.bin', gateway.url);
  await load(url, '', 4, 1);
  const result = await load(url, '', 16, SECONDS);
  figures.push({
    job: 'small published file',
    value: result.errors ? 0 : result.requestsPerSecond,
    unit: 'req/s',
    target: atLeast(10_000),
    ceiling: { value: ceiling, what: 'bare node:http' },
  });
}

export async function benchApi(gateway: Gateway, repository: string, ceiling: number, figures: Figure[]) {
  const paths = { v3: repository, v2: '/pulp/api/v2/repositories/bench-immediate/' };
  for (const [face, path] of Object.entries(paths)) {
    const url = new URL(path, gateway.url);
    await load(url, AUTHORIZATION, 4, 1);
    const result = await load(url, AUTHORIZATION, 4, SECONDS);
    const value = result.errors ? 0 : result.requestsPerSecond;
    const what = 'bare node:http';
    figures.push(
      {
        job: `GET one repository, ${face}`,
        value,
        unit: 'req/s',
        target: atLeast(2000),
        ceiling: { value: ceiling, what },
      },
      { job: `GET one repository, ${face}: p50`, value: result.p50, unit: 'ms', target: atMost(3), ceiling: null },
    );
  }
}

/** Tasks that change nothing, one after the other and many at once. */
export async function benchTasks(gateway: Gateway, figures: Figure[]): Promise<void> {
  const repository = await create(gateway, 'repositories/file/file/', { name: 'bench-tasks' });
  const dispatch = async () => {
    const response = await gateway.call('POST', `${repository}modify/`, {});
    return ((await response.json()) as { task: string }).task;
  };
  const times: number[] = [];
  for (let run = 0; run < 100; run += 1) {
    times.push(secondsOf(await waitFor(gateway, await dispatch())) * 1000);
  }
  times.sort((left, right) => left - right);
  figures.push({ job: 'no-op task: p50', value: times[50] ?? 0, unit: 'ms', target: atMost(10), ceiling: null });
  figures.push({
    job: 'no-op tasks',
    value: await rateOfTasks(gateway, 1000),
    unit: '/s',
    target: atLeast(300),
    ceiling: null,
  });
}

/** Tasks on eight repositories, eight requests at a time; from the first request to the last end. */
async function rateOfTasks(gateway: Gateway, count: number): Promise<number> {
  const repositories = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      create(gateway, 'repositories/file/file/', { name: `bench-tasks-${index}` }),
    ),
  );
  const started = performance.now();
  let last = '';
  await Promise.all(
    repositories.map(async (repository) => {
      for (let run = 0; run < count / repositories.length; run += 1) {
        const response = await gateway.call('POST', `${repository}modify/`, {});
        last = ((await response.json()) as { task: string }).task;
      }
    }),
  );
  while (await unfinished(gateway)) await delay(5);
  await waitFor(gateway, last);
  return count / ((performance.now() - started) / 1000);
}

async function unfinished(gateway: Gateway): Promise<boolean> {
  const response = await gateway.call('GET', '/pulp/api/v3/tasks/?state__in=waiting,running&limit=1&fields=state');
  return ((await response.json()) as { count: number }).count > 0;
}
