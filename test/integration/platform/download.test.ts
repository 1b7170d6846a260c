import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions as SecureServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDownloader, type Downloader } from '../../../src/platform/download/downloader.ts';
import { DownloadError } from '../../../src/platform/download/errors.ts';
import type { DownloadSettings } from '../../../src/platform/download/settings.ts';
import { createFileStore } from '../../../src/platform/storage/file-store.ts';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const PLAIN: DownloadSettings = {
  tls: { validate: true },
  allowedFilePaths: [],
  userAgent: 'gateway/1',
  maxRetries: 0,
};

describe('downloader', () => {
  const opened: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });

  async function serve(
    handler: Handler,
    onConnect?: (request: IncomingMessage, socket: Duplex) => void,
  ): Promise<string> {
    const server = createServer(handler);
    if (onConnect) server.on('connect', onConnect);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => stop(server) });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function serveTls(handler: Handler, options: SecureServerOptions = {}): Promise<string> {
    const server = createSecureServer({ cert: CERTIFICATE, key: PRIVATE_KEY, ...options }, handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => stop(server) });
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  function downloader(settings: Partial<DownloadSettings>): Downloader {
    const made = createDownloader({ ...PLAIN, ...settings });
    opened.push(made);
    return made;
  }

  const get = (settings: Partial<DownloadSettings>, url: string) =>
    downloader(settings).fetch(url, (body) => text(body), {});

  /** Resolves with the DownloadError that a promise is rejected with. */
  async function failure(promise: Promise<unknown>): Promise<DownloadError> {
    const error = await promise.then(
      () => new Error('nothing failed'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(DownloadError);
    return error;
  }

  describe('requests', () => {
    it('carry credentials, headers and the own user agent', async () => {
      const base = await serve((request, response) => response.end(JSON.stringify(request.headers)));
      const settings = {
        auth: { username: 'ü', password: 'p:w' },
        headers: { 'X-Token': 't', 'User-Agent': 'mine/2', 'Accept-Encoding': 'gzip' },
      };
      expect(JSON.parse(await get(settings, `${base}/`))).toMatchObject({
        authorization: `Basic ${Buffer.from('ü:p:w').toString('base64')}`,
        'x-token': 't',
        'user-agent': 'gateway/1, mine/2',
        'accept-encoding': 'identity',
      });
    });

    it('take credentials from the URL, and keep them out of errors', async () => {
      const base = await serve((request, response) =>
        response.writeHead(request.headers.authorization ? 404 : 401).end(),
      );
      const error = await failure(get({}, `${base.replace('//', '//user:secret@')}/x?q=1`));
      expect(error).toMatchObject({ status: 404, url: `${base}/x?q=1` });
      expect(error.message).toBe(`404, message='Not Found', url='${base}/x?q=1'`);
    });

    it('never decode, so that digests are those of the bytes sent', async () => {
      const zipped = gzipSync('text');
      const base = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped));
      expect(await downloader({}).fetch(`${base}/`, (body) => buffer(body), {})).toEqual(zipped);
    });

    it('go out through a proxy with its own credentials', async () => {
      const proxy = await serve((request, response) => {
        if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from('u:p').toString('base64')}`) {
          response.writeHead(407).end();
        } else {
          response.end(`proxied ${request.url}`);
        }
      });
      expect(await get({ proxy: { url: proxy, username: 'u', password: 'p' } }, 'http://upstream.invalid/a')).toBe(
        'proxied http://upstream.invalid/a',
      );
      const refused = await failure(get({ proxy: { url: proxy } }, 'http://upstream.invalid/a'));
      expect(refused.kind).toBe('proxy-auth');
    });

    it('tunnel through a proxy to https, which checks credentials too', async () => {
      const upstream = await serveTls((_, response) => response.end('secure'));
      const proxy = await serve(
        () => undefined,
        (request, socket) => {
          if (request.headers['proxy-authorization'] === undefined) {
            socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
            return;
          }
          const onward = connect(Number(new URL(upstream).port), '127.0.0.1', () => {
            socket.write('HTTP/1.1 200 OK\r\n\r\n');
            onward.pipe(socket).pipe(onward);
          });
          onward.on('error', () => socket.destroy());
          socket.on('error', () => onward.destroy());
        },
      );
      const tls = { validate: true, caCert: CERTIFICATE };
      expect(await get({ tls, proxy: { url: proxy, username: 'u', password: 'p' } }, upstream)).toBe('secure');
      expect((await failure(get({ tls, proxy: { url: proxy } }, upstream))).kind).toBe('proxy-auth');
    });
  });

  describe('TLS', () => {
    it('believes the given authorities only, or anything when told not to validate', async () => {
      const base = await serveTls((_, response) => response.end('secure'));
      expect(await get({ tls: { validate: true, caCert: CERTIFICATE } }, base)).toBe('secure');
      expect(await get({ tls: { validate: false } }, base)).toBe('secure');
      const error = await failure(get({}, base));
      expect(error.kind).toBe('tls');
      expect(error.message).toMatch(/^Cannot connect to host 127\.0\.0\.1:\d+ ssl:default \[/);
    });

    it('shows the client certificate', async () => {
      const base = await serveTls(
        (request, response) => response.end((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody'),
        { requestCert: true, rejectUnauthorized: false },
      );
      const tls = { validate: false, clientCert: CERTIFICATE, clientKey: PRIVATE_KEY };
      expect(await get({ tls }, base)).toBe('localhost');
      expect(await get({ tls: { validate: false, clientCert: CERTIFICATE + PRIVATE_KEY } }, base)).toBe('localhost');
      expect(await get({ tls: { validate: false } }, base)).toBe('nobody');
    });

    it('tells of unusable key material', async () => {
      const base = await serveTls((_, response) => response.end());
      const tls = { validate: false, clientCert: CERTIFICATE, clientKey: 'no key' };
      expect((await failure(get({ tls }, base))).kind).toBe('tls');
    });
  });

  describe('redirects', () => {
    it('are followed, with credentials only to the same origin', async () => {
      const seen: Record<string, unknown>[] = [];
      const other = await serve(({ headers }, response) => {
        seen.push(headers);
        response.end('there');
      });
      const base = await serve(({ url, headers }, response) => {
        seen.push(headers);
        response.writeHead(302, { location: url === '/a' ? '/b' : `${other}/c` }).end();
      });
      const settings = { auth: { username: 'u', password: 'p' }, headers: { 'X-Token': 't', Cookie: 'c' } };
      expect(await get(settings, `${base}/a`)).toBe('there');
      expect(
        seen.map(
          ({ authorization, cookie, 'x-token': token }) => [authorization, cookie, token].filter(Boolean).length,
        ),
      ).toEqual([3, 3, 0]);
    });

    it('end after ten', async () => {
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.writeHead(301, { location: '/again' }).end();
      });
      expect((await failure(get({ maxRetries: 2 }, `${base}/`))).kind).toBe('redirects');
      expect(requests).toBe(11);
    });

    it.each(['file:///etc/passwd', 'ftp://host/', 'gopher:x', '//'])('never lead to %s', async (location) => {
      const base = await serve((_, response) => response.writeHead(302, { location }).end());
      expect((await failure(get({ allowedFilePaths: ['/'] }, `${base}/`))).kind).toBe('scheme');
    });
  });

  describe('failures', () => {
    it.each([400, 401, 403, 404, 410])('of status %i are final', async (status) => {
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.writeHead(status).end('explanation');
      });
      expect(await failure(get({ maxRetries: 3 }, `${base}/`))).toMatchObject({ kind: 'status', status });
      expect(requests).toBe(1);
    });

    it.each([429, 500, 503])('of status %i are tried again', async (status) => {
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.writeHead(requests === 1 ? status : 200).end('fine');
      });
      expect(await get({ maxRetries: 1 }, `${base}/`)).toBe('fine');
      requests = 0;
      expect(await failure(get({ maxRetries: 0 }, `${base}/`))).toMatchObject({ status });
    });

    it('of connections are told as the original does', async () => {
      const port = await unusedPort();
      const error = await failure(get({}, `http://127.0.0.1:${port}/x`));
      expect(error.kind).toBe('connect');
      expect(error.message).toBe(
        `Cannot connect to host 127.0.0.1:${port} ssl:default [Connect call failed ('127.0.0.1', ${port})]`,
      );
    });

    it('of names', async () => {
      expect((await failure(get({}, 'http://nowhere.invalid/'))).kind).toBe('dns');
    });

    it.each(['ftp://host/x', 'nonsense', 'data:,x', 'http://'])('of schemes: %s', async (url) => {
      expect((await failure(get({ maxRetries: 3 }, url))).kind).toBe('scheme');
    });

    it('of servers and proxies that hang up at once', async () => {
      const silent = createTcpServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      opened.push({ close: () => silent.close() });
      const at = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const proxy = { url: `http://${at}` };
      for (const failing of [
        get({}, `http://${at}/`),
        get({}, `https://${at}/`),
        get({ proxy }, 'http://upstream.invalid/'),
        get({ proxy }, 'https://upstream.invalid/'),
      ]) {
        expect((await failure(failing)).kind).toBe('interrupted');
      }
    });

    it('in the middle of a body begin it anew', async () => {
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.writeHead(200, { 'content-length': 10 });
        response.write('half ');
        setTimeout(() => (requests === 1 ? response.destroy() : response.end('whole')), 20);
      });
      expect(await get({ maxRetries: 1 }, `${base}/`)).toBe('half whole');
      requests = 0;
      expect((await failure(get({}, `${base}/`))).kind).toBe('interrupted');
    });

    it('of time: no answer, no next piece, or too long in all', async () => {
      const base = await serve(({ url }, response) => {
        if (url === '/silent') return;
        response.write('x');
        if (url === '/drip') setInterval(() => response.write('x'), 20).unref();
      });
      const kinds = [];
      for (const path of ['silent', 'stuck', 'drip']) {
        const started = Date.now();
        kinds.push((await failure(get({ totalTimeout: 0.2 }, `${base}/${path}`))).kind);
        expect(Date.now() - started).toBeLessThan(2000);
      }
      expect(kinds).toEqual(['timeout', 'timeout', 'timeout']);
      expect((await failure(get({ sockReadTimeout: 0.2 }, `${base}/stuck`))).kind).toBe('timeout');
    });

    it('of digest and size are tried again, then told with the figures', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'download-'));
      const store = createFileStore(folder, { allowedDigests: ['sha256'] });
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.end(requests === 1 ? 'bad!' : 'good');
      });
      const sha256 = createHash('sha256').update('good').digest('hex');
      const take = (maxRetries: number, expected: { size?: number; digests?: { sha256: string } }) =>
        downloader({ maxRetries }).fetch(`${base}/f`, (body) => store.receive(body, { expected }), {});
      expect((await take(1, { digests: { sha256 } })).sha256).toBe(sha256);
      requests = 0;
      const wrong = await failure(take(0, { digests: { sha256 } }));
      const actual = createHash('sha256').update('bad!').digest('hex');
      expect(wrong).toMatchObject({ kind: 'digest', cause: { algorithm: 'sha256', expected: sha256, actual } });
      expect(wrong.message).toBe(
        `A file located at the url ${base}/f failed validation due to checksum. Expected '${sha256}', Actual '${actual}'`,
      );
      expect(await failure(take(0, { size: 5 }))).toMatchObject({ kind: 'size', cause: { expected: 5, actual: 4 } });
      await rm(folder, { recursive: true });
    });

    it('of the consumer are its own and final', async () => {
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.end('x');
      });
      const consume = async () => {
        throw new RangeError('disk full');
      };
      await expect(downloader({ maxRetries: 3 }).fetch(`${base}/`, consume, {})).rejects.toThrow(RangeError);
      expect(requests).toBe(1);
    });
  });

  describe('aborts', () => {
    it.each(['silent', 'stuck', 'refused'])('stop at once: %s', async (path) => {
      const base = await serve(({ url }, response) => {
        if (url === '/stuck') response.write('x');
        if (url === '/refused') response.writeHead(503, { 'retry-after': '50' }).end();
      });
      const abort = new AbortController();
      const running = downloader({ maxRetries: 5 }).fetch(`${base}/${path}`, (body) => text(body), {
        signal: abort.signal,
      });
      setTimeout(() => abort.abort(new Error('enough')), 50);
      const started = Date.now();
      await expect(running).rejects.toThrow('enough');
      expect(Date.now() - started).toBeLessThan(1000);
    });

    it('reach bodies that were opened long before', async () => {
      const base = await serve((_, response) => {
        response.write('x');
      });
      const abort = new AbortController();
      const { body } = await downloader({}).open(`${base}/`, { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('enough')), 20);
      await expect(text(body)).rejects.toThrow();
      expect(body.destroyed).toBe(true);
    });

    it('before the start send nothing', async () => {
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.end();
      });
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(downloader({}).fetch(`${base}/`, (body) => text(body), { signal })).rejects.toThrow('enough');
      expect(requests).toBe(0);
    });
  });

  it('keeps to its concurrency and to its rate', async () => {
    let running = 0;
    let most = 0;
    const base = await serve((_, response) => {
      running += 1;
      most = Math.max(most, running);
      setTimeout(() => {
        running -= 1;
        response.end('x');
      }, 20);
    });
    const many = (made: Downloader, count: number) =>
      Promise.all(Array.from({ length: count }, () => made.fetch(`${base}/`, (body) => text(body), {})));
    await many(downloader({ concurrency: 3 }), 12);
    expect(most).toBe(3);
    const started = performance.now();
    await many(downloader({ concurrency: 10, rateLimit: 20 }), 5);
    expect(performance.now() - started).toBeGreaterThan(190);
  });

  it('opens for streaming: status, headers, ranges, HEAD', async () => {
    const base = await serve(({ method, headers }, response) => {
      response.writeHead(headers.range ? 206 : 200, { 'x-from': 'upstream', 'content-length': 4 });
      response.end(method === 'HEAD' ? undefined : (headers.range ?? 'body').slice(0, 4));
    });
    const made = downloader({ totalTimeout: 0.1 });
    const whole = await made.open(`${base}/`, {});
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(whole).toMatchObject({ status: 200, headers: { 'x-from': 'upstream' } });
    expect(await text(whole.body)).toBe('body');
    const part = await made.open(`${base}/`, { range: 'bytes=0-3' });
    expect([part.status, await text(part.body)]).toEqual([206, 'byte']);
    const head = await made.open(`${base}/`, { method: 'HEAD' });
    expect([head.headers['content-length'], await text(head.body)]).toEqual(['4', '']);
  });

  describe('file URLs', () => {
    let folder: string;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'download-'));
      await mkdir(join(folder, 'allowed'));
      await writeFile(join(folder, 'allowed/file ü'), '0123456789');
      await writeFile(join(folder, 'secret'), 'secret');
      await symlink(join(folder, 'secret'), join(folder, 'allowed/link'));
      await writeFile(join(folder, 'allowed-not'), 'secret');
    });

    afterEach(() => rm(folder, { recursive: true }));

    const at = (path: string) => pathToFileURL(join(folder, path)).href;
    const read = (path: string) => get({ allowedFilePaths: [join(folder, 'allowed')] }, at(path));

    it('are read below the allowed folders', async () => {
      expect(await read('allowed/file ü')).toBe('0123456789');
    });

    it('may be read in part', async () => {
      const made = downloader({ allowedFilePaths: [folder] });
      const { status, headers, body } = await made.open(at('allowed/file ü'), { range: 'bytes=2-4' });
      expect([status, headers['content-range'], await text(body)]).toEqual([206, 'bytes 2-4/10', '234']);
    });

    it.each(['secret', 'allowed/link', 'allowed-not', 'allowed', 'nothing', 'allowed/../secret'])(
      'are forbidden elsewhere: %s',
      async (path) => {
        expect((await failure(read(path))).kind).toBe('forbidden-path');
      },
    );

    it('that are not there are 404', async () => {
      expect(await failure(read('allowed/nothing'))).toMatchObject({ kind: 'status', status: 404 });
    });

    it('of other hosts are forbidden', async () => {
      const error = await failure(get({ allowedFilePaths: ['/'] }, 'file://host/etc/passwd'));
      expect(error.kind).toBe('forbidden-path');
    });
  });

  it('passes large bodies through unharmed', async () => {
    const bytes = randomBytes(5_000_000);
    const base = await serve((_, response) => response.end(bytes));
    const got = await downloader({}).fetch(`${base}/`, (body) => buffer(body), {});
    expect(got.equals(bytes)).toBe(true);
  });
});

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function unusedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
