import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from '../../core/access/account.ts';
import { authorize, type Permission } from '../../core/access/authorize.ts';
import { PulpError } from '../../core/errors.ts';
import type { Api } from '../api.ts';
import type { Answer, Call, Handler } from '../call.ts';
import type { Operation } from '../declare/types.ts';
import { API_ROOT } from '../hrefs.ts';
import { errorAnswer } from './errors.ts';
import { HttpError } from './http-error.ts';
import { identify } from './identify.ts';
import { NO_INPUT, readInput } from './read-input.ts';
import { type Envelope, NOT_FOUND_PAGE, respond } from './respond.ts';
import { allowed, type Route, type RouteTable } from './route-table.ts';

export interface Dispatcher {
  api: Api;
  routes: RouteTable;
  handlers: Readonly<Record<string, Handler>>;
}

/** A UUID, with or without dashes: anything else is replaced (golden/v3/02). */
const CORRELATION_ID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
/** Lists and reads of these show plain users nothing instead of refusing (v3-api.md 1.9, queryset scoping). */
const UNSCOPED = new Set(['user', 'group', 'role', 'artifact']);

/** Answers one request: never throws. `url` is the path below the API root's mount, with the query. */
export async function dispatchRequest(
  dispatcher: Dispatcher,
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
): Promise<void> {
  const question = url.indexOf('?');
  const path = (question < 0 ? url : url.slice(0, question)).replace(/^\//, '');
  const query = question < 0 ? '' : url.slice(question + 1);
  const envelope: Envelope = {
    cid: correlationId(request),
    allow: null,
    vary: 'Accept',
    head: request.method === 'HEAD',
  };
  let call: Call | null = null;
  let answer: Answer;
  try {
    const route = path.includes('//') ? null : dispatcher.routes.find(path);
    if (!route) answer = noRoute();
    else if (!path.endsWith('/') && path !== '' && !/^docs\/api\.(json|yaml)$/.test(path))
      answer = addSlash(path, query);
    else {
      envelope.allow = allowed(route.operations);
      call = await prepare(dispatcher, request, route, query, envelope);
      answer = await handlerOf(dispatcher, call.operation)(call);
    }
  } catch (error) {
    answer = errorAnswer(error, (fault) => {
      if (!isBrokenOff(request, fault))
        dispatcher.api.services.log.error({ err: fault, cid: envelope.cid }, 'request failed');
    });
  }
  await discardFiles(call);
  if (answer.status === 401 && isSessionLookedAt(request)) envelope.vary = 'Accept, Cookie';
  respond(response, answer, envelope);
}

/** The client left while it was sending: nobody is answered, and nothing is wrong here. */
function isBrokenOff(request: IncomingMessage, fault: unknown): boolean {
  return request.socket.destroyed && (fault as NodeJS.ErrnoException).code === 'ECONNRESET';
}

function noRoute(): Answer {
  return { status: 404, text: { type: 'text/html; charset=utf-8', content: NOT_FOUND_PAGE } };
}

function addSlash(path: string, query: string): Answer {
  const location = `${API_ROOT}${path}/${query ? `?${query}` : ''}`;
  return { status: 301, text: { type: 'text/html; charset=utf-8', content: '' }, headers: { Location: location } };
}

function isSessionLookedAt(request: IncomingMessage): boolean {
  return !/^basic\b/i.test(request.headers.authorization ?? '');
}

function handlerOf({ handlers }: Dispatcher, operation: Operation): Handler {
  const handler = handlers[operation.handler];
  if (!handler) throw new Error(`There is no handler called ${operation.handler}.`);
  return handler;
}

/** Everything that is the same for all operations, in the order in which Pulp 3 looks at it. */
async function prepare(
  { api }: Dispatcher,
  request: IncomingMessage,
  route: Route,
  query: string,
  envelope: Envelope,
): Promise<Call> {
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
  const operation = route.operations.get(method);
  refuseFormat(request, operation);
  const account = isOpen(route, operation) ? null : await identify(api.app.authenticator, request.headers);
  if (!operation && method === 'OPTIONS' && account) authorizeOptions();
  if (!operation) throw new HttpError(405, `Method "${request.method}" not allowed.`);
  const permitted = isPermitted(account, operation);
  const input =
    operation.method === 'GET' || operation.method === 'DELETE'
      ? NO_INPUT
      : await readInput(request, api.services.store);
  return {
    api,
    operation,
    keys: route.keys,
    query: new URLSearchParams(query),
    request,
    account,
    permitted,
    input,
    cid: envelope.cid,
    origin: originOf(request),
  };
}

/** Whether nobody needs to say who they are; for a method that is not there, whether the path is open for another. */
function isOpen({ operations }: Route, operation: Operation | undefined): boolean {
  if (operation) return operation.permission === null;
  return [...operations.values()].some(({ permission }) => permission === null);
}

function authorizeOptions(): never {
  throw new PulpError('forbidden', 'You do not have permission to perform this action.');
}

function isPermitted(account: Account | null, operation: Operation): boolean {
  if (operation.permission === null) return true;
  if (!account) throw new PulpError('unauthenticated', 'Authentication credentials were not provided.');
  const isScoped = operation.method === 'GET' && !UNSCOPED.has(operation.resource.kind ?? '');
  try {
    authorize(account, operation.permission as Permission);
    return true;
  } catch (error) {
    if (isScoped) return false;
    throw error;
  }
}

/** 406 unless the client takes JSON, or what the documents are. */
function refuseFormat(request: IncomingMessage, operation: Operation | undefined): void {
  const accept = request.headers.accept;
  if (!accept || operation?.resource.name === 'Docs' || /application\/(json|\*)|\*\/\*/i.test(accept)) return;
  throw new HttpError(406, 'Could not satisfy the request Accept header.');
}

function correlationId(request: IncomingMessage): string {
  const sent = request.headers['correlation-id'];
  return typeof sent === 'string' && CORRELATION_ID.test(sent) ? sent : randomUUID().replaceAll('-', '');
}

function originOf(request: IncomingMessage): string {
  const forwarded = (name: string) => `${request.headers[name] ?? ''}`.split(',', 1)[0]?.trim();
  const encrypted = 'encrypted' in request.socket;
  const scheme = forwarded('x-forwarded-proto') || (encrypted ? 'https' : 'http');
  return `${scheme}://${forwarded('x-forwarded-host') || request.headers.host || 'localhost'}`;
}

async function discardFiles(call: Call | null): Promise<void> {
  if (call) await Promise.all([...call.input.files.values()].map((file) => file.discard()));
}
