import type { Answer } from '../compare.ts';
import { createLabels, type Labels } from '../labels.ts';
import { differenceOf } from './compare.ts';
import { type Exchange, readGolden } from './exchange.ts';
import { V2_DIALECT } from './labels.ts';

export interface Replay {
  area: string;
  /** Of the gateway: its administrator is admin:admin. */
  url: string;
  /** What stands behind `<feed>`. */
  feed: string;
  /** Before the exchange of that name: what the recorder did without recording it. */
  before: Record<string, () => Promise<void>>;
  /** Times that requests name, by name of the exchange; others are in 2035. */
  times: Record<string, string>;
}

const ADMIN = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
const FINAL = ['finished', 'error', 'canceled', 'skipped'];

/** Sends every recorded request of an area in order; gives the differences by name of the exchange. */
export async function replay(options: Replay): Promise<Record<string, string>> {
  const labels = createLabels(V2_DIALECT);
  const differences: Record<string, string> = {};
  for (const exchange of readGolden(options.area)) {
    await options.before[exchange.name]?.();
    const isTask = / task( \d+)?$/.test(exchange.name);
    const answer = isTask ? await sendUntilFinal(options, exchange, labels) : await send(options, exchange, labels);
    const restore = labels.snapshot();
    const golden = JSON.parse(JSON.stringify(exchange.response).replaceAll('<feed>', options.feed));
    const difference = differenceOf(golden as Exchange['response'], answer, labels);
    if (difference === null) continue;
    restore();
    differences[exchange.name] = difference;
  }
  return differences;
}

async function sendUntilFinal(options: Replay, exchange: Exchange, labels: Labels): Promise<Answer> {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await send(options, exchange, labels);
    if (answer.status !== 200 || FINAL.includes((answer.body as { state: string }).state)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${exchange.name} does not end`);
}

async function send(options: Replay, { name, request }: Exchange, labels: Labels): Promise<Answer> {
  const time = options.times[name] ?? '2035-01-01T00:00:00Z';
  const fill = (text: string) => labels.fill(text.replaceAll('<feed>', options.feed).replaceAll('<time>', time));
  const url = new URL(fill(request.path), options.url);
  const headers = { ...request.headers };
  if (headers.Authorization === 'Basic <admin>') headers.Authorization = ADMIN;
  if (headers['If-None-Match']) headers['If-None-Match'] = await currentTag(url);
  const body = request.json === undefined ? latin1(request.text) : fill(JSON.stringify(request.json));
  const response = await fetch(url, {
    method: request.method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  return { status: response.status, headers: response.headers, body: parse(await response.text()) };
}

async function currentTag(url: URL): Promise<string> {
  const response = await fetch(url, { headers: { Authorization: ADMIN } });
  await response.arrayBuffer();
  return response.headers.get('etag') ?? '';
}

function latin1(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'latin1');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** POSTs as administrator and waits for the tasks that the answer names. */
export async function post(url: string, path: string, body: unknown): Promise<void> {
  const authorization = { Authorization: ADMIN };
  const send = { method: 'POST', headers: authorization, body: JSON.stringify(body) };
  const response = await fetch(new URL(`/pulp/api/v2${path}`, url), send);
  const report = (await response.json()) as { spawned_tasks?: { _href: string }[] };
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(report)}`);
  for (const { _href } of report.spawned_tasks ?? []) {
    for (let state = ''; !FINAL.includes(state); ) {
      const task = await fetch(new URL(_href, url), { headers: authorization });
      ({ state } = (await task.json()) as { state: string });
      if (!FINAL.includes(state)) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The ISO repositories that the recorder made. */
export function isoRepository(url: string, id: string, feed: string | null, autoPublish: boolean): Promise<void> {
  return post(url, '/repositories/', {
    id,
    notes: { '_repo-type': 'iso-repo' },
    importer_type_id: 'iso_importer',
    importer_config: feed === null ? {} : { feed },
    distributors: [
      {
        distributor_id: 'iso_distributor',
        distributor_type_id: 'iso_distributor',
        auto_publish: autoPublish,
        distributor_config: { relative_url: id, serve_http: true, serve_https: true },
      },
    ],
  });
}

/** Deletes every repository. */
export async function dropRepositories(url: string): Promise<void> {
  const list = await fetch(new URL('/pulp/api/v2/repositories/', url), { headers: { Authorization: ADMIN } });
  for (const { _href } of (await list.json()) as { _href: string }[]) {
    await fetch(new URL(_href, url), { method: 'DELETE', headers: { Authorization: ADMIN } });
  }
  for (;;) {
    const left = await fetch(new URL('/pulp/api/v2/repositories/', url), { headers: { Authorization: ADMIN } });
    if (((await left.json()) as unknown[]).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
