import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Router } from 'express';
import type { Mappings } from '../src/mapping/load.ts';
import type { App } from '../src/plugin/app.ts';
import { identify } from './auth/identify.ts';
import { permit } from './auth/permit.ts';
import { errorBody, toV2Error } from './errors.ts';
import type { Reply, V2App, V2Operation } from './operation.ts';
import { ALL_OPERATIONS } from './operations/all.ts';
import { createRouteTable, parameterNames, type Route, type RouteTable } from './route-table.ts';
import { readBody } from './wire/body.ts';
import { send } from './wire/send.ts';
import { sendList } from './wire/send-list.ts';

type Answer = Reply & { readonly allow?: string };

type Whole = V2App & { readonly app: App };

/** The v2 API, to be mounted at /pulp/api/v2. */
export function createV2Router(app: App, mappings: Mappings): Router {
  const table = createRouteTable(ALL_OPERATIONS);
  const router = Router();
  router.use((request, response) => respond(table, { app, mappings }, request, response));
  return router;
}

/** The head is out when something fails: the answer is cut off and the error logged. */
async function sendLongList(v2: V2App, response: ServerResponse, list: AsyncIterable<readonly unknown[]>) {
  await sendList(response, list).catch((error: unknown) => {
    v2.app.services.log.error({ err: error }, 'v2 list was cut off');
  });
}

type Incoming = IncomingMessage & { readonly originalUrl: string; readonly url: string };

async function respond(table: RouteTable, v2: Whole, request: Incoming, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  let answer: Answer;
  try {
    answer = await answerTo(table, v2, request, method);
  } catch (error) {
    const known = toV2Error(error);
    if (!known || known.status >= 500) v2.app.services.log.error({ err: error, method }, 'v2 request failed');
    answer = { status: known?.status ?? 500, body: errorBody(method, request.originalUrl, known) };
  }
  if (answer.list) return sendLongList(v2, response, answer.list);
  send(request, response, answer);
}

/** Route, method, authentication, authorisation, body, handler: in this order (v2-api.md 1.3). */
async function answerTo(table: RouteTable, v2: Whole, request: Incoming, method: string): Promise<Answer> {
  const { path, query } = splitTarget(request.url);
  const route = table.find(segmentsOf(path));
  if (!route) return { status: 404, body: null };
  if (!path.endsWith('/')) return redirect(request.originalUrl);
  if (method === 'OPTIONS') return { status: 200, allow: allowed(route) };
  const operation = route.operations.get(method === 'HEAD' ? 'GET' : method);
  if (!operation) return { status: 405, allow: allowed(route) };
  const account = operation.permission === null ? null : await identify(v2.app.authenticator, request.headers);
  if (account && operation.permission !== null) permit(account, operation, operation.permission);
  const content = await readBody(request, operation.body);
  return operation.handle({
    ...v2,
    ...content,
    account,
    cid: correlationId(request),
    params: parameters(operation, route),
    query: new URLSearchParams(query.replaceAll('%00', '%EF%BF%BD')),
    target: request.originalUrl,
    stream: request,
  });
}

function splitTarget(url: string): { path: string; query: string } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

/** Repeated slashes count as one (v2-api.md 1.1). */
function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeSegment);
}

/** Bytes that are no UTF-8, and NUL, become the replacement character: such ids do not exist. */
function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  const bytes = segment.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\0', '\ufffd');
}

function parameters(operation: V2Operation, route: Route): Record<string, string> {
  const names = parameterNames(operation.path);
  return Object.fromEntries(names.map((name, index) => [name, route.values[index] ?? '']));
}

function redirect(target: string): Answer {
  const at = target.indexOf('?');
  return { status: 301, location: at < 0 ? `${target}/` : `${target.slice(0, at)}/${target.slice(at)}` };
}

const ORDER = ['GET', 'POST', 'PUT', 'DELETE'];

function allowed(route: Route): string {
  const methods = ORDER.filter((method) => route.operations.has(method));
  return [...methods, ...(route.operations.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

function correlationId(request: IncomingMessage): string {
  const header = request.headers['correlation-id'];
  return typeof header === 'string' ? header : randomUUID().replaceAll('-', '');
}
