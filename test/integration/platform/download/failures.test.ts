import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFileStore } from '../../../../src/platform/storage/file-store.ts';
import { failure, useDownloads } from './downloads.ts';

describe('downloads', () => {
  const { serve, downloader, get } = useDownloads();

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
      const silent = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void silent.close());
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
      const { kind, message } = await failure(get({}, `${base}/`));
      expect({ kind, message }).toMatchObject({ kind: 'interrupted', message: expect.stringContaining(`${base}/`) });
    });

    it('of whoever reads are told as they are, and not tried again', async () => {
      let requests = 0;
      const base = await serve((_, response) => {
        requests += 1;
        response.end(Buffer.alloc(2_000_000));
      });
      async function fillDisk(body: AsyncIterable<Uint8Array>): Promise<void> {
        try {
          for await (const _ of body) throw new Error('ENOSPC: no space left on device, write');
        } finally {
          await nextTurn();
        }
      }
      await expect(downloader({ maxRetries: 3 }).fetch(`${base}/`, fillDisk, {})).rejects.toThrow(/^ENOSPC/);
      expect(requests).toBe(1);
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
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
