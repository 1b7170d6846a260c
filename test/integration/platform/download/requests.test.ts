import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';
import { failure, useDownloads } from './downloads.ts';

describe('downloads', () => {
  const { serve, serveTls, downloader, get } = useDownloads();

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

    it('without a target are failures', async () => {
      const base = await serve((_, response) => response.writeHead(302).end());
      expect(await failure(get({}, `${base}/`))).toMatchObject({ kind: 'status', status: 302 });
    });

    it.each(['file:///etc/passwd', 'ftp://host/', 'gopher:x', '//'])('never lead to %s', async (location) => {
      const base = await serve((_, response) => response.writeHead(302, { location }).end());
      expect((await failure(get({ allowedFilePaths: ['/'] }, `${base}/`))).kind).toBe('scheme');
    });
  });
});
