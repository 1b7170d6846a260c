import { randomBytes } from 'node:crypto';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { Downloader } from '../../../../src/platform/download/downloader.ts';
import { useDownloads } from './downloads.ts';

describe('a downloader', () => {
  const { serve, downloader } = useDownloads();

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

  it('passes large bodies through unharmed', async () => {
    const bytes = randomBytes(5_000_000);
    const base = await serve((_, response) => response.end(bytes));
    const got = await downloader({}).fetch(`${base}/`, (body) => buffer(body), {});
    expect(got.equals(bytes)).toBe(true);
  });
});
