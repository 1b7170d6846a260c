import type { Answer } from '../compare.ts';
import type { Labels } from '../labels.ts';
import { differenceOf } from './compare.ts';
import { type Exchange, readGolden } from './exchange.ts';

export interface Replay {
  /** Of the gateway: its administrator is admin:password. */
  url: string;
  /** What stands behind `<fixtures>`. */
  fixtures: string;
  labels: Labels;
  /** Before the exchange of that name: what the recorder did without recording it. */
  before: Record<string, () => Promise<void>>;
  /** Exchanges that are not sent. */
  skip: readonly string[];
}

const PASSWORDS: Record<string, string> = { anna: 'Str0ng-enough!' };
const FINAL = ['completed', 'failed', 'canceled', 'skipped'];

/** Sends the recorded requests of an area in order; gives the differences by name of the exchange. */
export async function replay(area: string, options: Replay): Promise<Record<string, string>> {
  const { labels } = options;
  const differences: Record<string, string> = {};
  for (const exchange of readGolden(area)) {
    if (options.skip.includes(exchange.name)) continue;
    await options.before[exchange.name]?.();
    const answer = await send(options, exchange);
    const restore = labels.snapshot();
    const isOrdered = /[?&]ordering=/.test(exchange.request.path);
    const difference = differenceOf(places(options, exchange.response), answer, labels, isOrdered);
    await waitForTask(options, answer);
    if (difference === null) continue;
    restore();
    differences[exchange.name] = difference;
  }
  return differences;
}

function places<Value>({ url, fixtures }: Replay, value: Value): Value {
  const origin = url.replace(/\/$/, '');
  const text = JSON.stringify(value)
    .replaceAll('<fixtures>', fixtures)
    .replaceAll(/<(?:base|content)>/g, origin);
  return JSON.parse(text) as Value;
}

/** The recorder went on only when a task, or all tasks of a group, had ended. */
async function waitForTask(options: Replay, answer: Answer): Promise<void> {
  const { task, task_group } = (answer.status === 202 ? answer.body : {}) as { task?: string; task_group?: string };
  const href = task ?? task_group;
  if (href === undefined) return;
  for (let tries = 0; tries < 300; tries += 1) {
    const { state, tasks } = (await call(options, 'GET', href)) as { state?: string; tasks?: { state: string }[] };
    const states = tasks?.map((member) => member.state) ?? [state ?? ''];
    if (states.every((name) => FINAL.includes(name))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${href} does not end`);
}

/** A request of the tests' own, as the administrator. Gives the JSON that came back. */
export async function call(
  { url }: Pick<Replay, 'url'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      Authorization: basic('admin', 'password'),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return response.json();
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function send(options: Replay, { request }: Exchange): Promise<Answer> {
  const fill = (text: string) =>
    options.labels.fill(places(options, text).replaceAll('<time>', '2001-01-01T00:00:00Z'));
  const headers = new Headers(request.headers);
  const [user = '', secret] = request.auth.split(':');
  if (request.auth === 'admin') headers.set('Authorization', basic('admin', 'password'));
  else if (secret !== undefined) headers.set('Authorization', basic(user, PASSWORDS[user] ?? 'nope'));
  const body = bodyOf(request.body, fill, headers);
  const response = await fetch(new URL(fill(request.path), options.url), {
    method: request.method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  return { status: response.status, headers: response.headers, body: parse(await response.text()) };
}

function bodyOf(
  body: unknown,
  fill: (text: string) => string,
  headers: Headers,
): Buffer | FormData | string | undefined {
  if (body === undefined) return undefined;
  const { multipart, text } = (body ?? {}) as { multipart?: Record<string, string>; text?: string };
  if (text !== undefined) return Buffer.from(text, 'latin1');
  if (multipart === undefined) return fill(JSON.stringify(body));
  headers.delete('Content-Type');
  const form = new FormData();
  for (const [name, value] of Object.entries(multipart)) {
    const [, filename, content] = /^<file ([^:]+): (.*)>$/s.exec(value) ?? [];
    if (filename === undefined) form.append(name, fill(value));
    else form.append(name, new Blob([Buffer.from(content ?? '', 'latin1')]), filename);
  }
  return form;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
