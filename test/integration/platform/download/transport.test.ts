import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transport } from '../../../../src/platform/download/transport.ts';
import { WholeBody } from '../../../../src/platform/storage/whole-body.ts';

const SMALL = Buffer.from('small');
const BIG = Buffer.alloc(3_000_000, 'b');

let server: Server;
let base: string;
const agent = new Agent();
const sockets = new Set<unknown>();
let cutOff: () => void = () => undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    sockets.add(request.socket);
    response.once('close', () => response.writableEnded || cutOff());
    if (request.url === '/small') response.setHeader('Content-Length', SMALL.length).end(SMALL);
    if (request.url === '/chunked') response.write(SMALL.subarray(0, 2), () => response.end(SMALL.subarray(2)));
    if (request.url === '/big') response.setHeader('Content-Length', BIG.length).end(BIG);
    if (request.url === '/moved') response.writeHead(302, { location: '/small', 'content-length': 5 }).end('moved');
    if (request.url === '/endless') response.write('a piece');
    if (request.url === '/cut') {
      response.setHeader('Content-Length', 100).write('a piece', () => response.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await agent.destroy();
  server.closeAllConnections();
  server.close();
});

function get(path: string, options: { whole: boolean; method?: 'GET' | 'HEAD'; signal?: AbortSignal }) {
  const { whole, method = 'GET', signal = new AbortController().signal } = options;
  return transport(agent, { url: new URL(path, base), method, headers: {}, signal, whole });
}

describe('an answer', () => {
  it('that is small and of a known length comes in one piece, when that is wanted', async () => {
    const { status, headers, body } = await get('/small', { whole: true });
    expect([status, headers['content-length'], (body as WholeBody).bytes]).toEqual([200, '5', SMALL]);
    expect(await buffer(body)).toEqual(SMALL);
  });

  it.each([
    { path: '/small', whole: false, bytes: SMALL },
    { path: '/chunked', whole: true, bytes: SMALL },
    { path: '/big', whole: true, bytes: BIG },
  ])('of $path is a stream with whole: $whole', async ({ path, whole, bytes }) => {
    const { body } = await get(path, { whole });
    expect(body).toBeInstanceOf(Readable);
    expect((await buffer(body)).equals(bytes)).toBe(true);
  });

  it('to HEAD has an empty body', async () => {
    const { headers, body } = await get('/big', { whole: false, method: 'HEAD' });
    expect([headers['content-length'], await buffer(body)]).toEqual([String(BIG.length), Buffer.alloc(0)]);
  });

  it('that leads elsewhere is taken whole in any case, and its connection is used again', async () => {
    sockets.clear();
    const { body } = await get('/moved', { whole: false });
    await get('/small', { whole: true });
    expect([body instanceof WholeBody, sockets.size]).toEqual([true, 1]);
  });
});

describe('what goes wrong', () => {
  it('in a body that is waited for rejects', async () => {
    await expect(get('/cut', { whole: true })).rejects.toThrow(/other side closed|terminated/);
  });

  it('in a stream breaks the stream', async () => {
    const { body } = await get('/cut', { whole: false });
    await expect(buffer(body)).rejects.toThrow(/other side closed|terminated/);
  });

  it.each([true, false])('an abort before the answer rejects with its reason (whole: %s)', async (whole) => {
    const abort = new AbortController();
    const answer = get('/never', { whole, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(answer).rejects.toThrow('enough');
    await expect(get('/small', { whole, signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it('a stream that nobody reads any more ends its request', async () => {
    const { body } = await get('/endless', { whole: true });
    const seen = new Promise<void>((resolve) => {
      cutOff = resolve;
    });
    (body as Readable).destroy();
    await seen;
  });
});
