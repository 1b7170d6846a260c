import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createFileWorld, type FileWorld } from '../../support/file-world.ts';
import { type Fault, putManifest, sha256Of, startUpstream, type Upstream } from '../../support/upstream.ts';

const BIG = 6 * 1024 * 1024;

let world: FileWorld;
let upstream: Upstream;
let origin: string;
let counter = 0;

beforeAll(async () => {
  world = await createFileWorld();
  upstream = await startUpstream();
  origin = await world.serve();
});
afterEach(() => {
  upstream.fault = null;
});
afterAll(async () => {
  await upstream.close();
  await world.close();
});

/** Different bytes at every place, so that a shifted or mixed-up answer shows. */
function bigFile(seed: number): Buffer {
  const body = Buffer.alloc(BIG);
  for (let place = 0; place < BIG; place += 4) body.writeUInt32LE((place * 2654435761 + seed) >>> 0, place);
  return body;
}

/** Answers with half of a body, and a moment later as it is told. */
function inTwoParts(body: Buffer, end: (res: ServerResponse, rest: Buffer) => void): Fault {
  return (_, res) => {
    res.writeHead(200, { 'content-length': body.length });
    res.write(body.subarray(0, body.length / 2));
    setTimeout(() => end(res, body.subarray(body.length / 2)), 300);
    return true;
  };
}

/** A distribution of on-demand content; gives the URL path of its folder. */
async function distribute(files: Record<string, string | Buffer>, policy: 'on_demand' | 'streamed' = 'on_demand') {
  counter += 1;
  const name = `d${counter}`;
  putManifest(upstream, name, files);
  const url = `${upstream.url}/${name}/PULP_MANIFEST`;
  const remote = await world.remote({ name, url, policy, max_retries: 0 });
  const repository = await world.repository({ name, remote_id: remote.id });
  await world.sync({ repository: repository.id });
  const task = await world.publish({ repository: repository.id });
  const { publication } = task.result as { publication: string };
  await world.distribution({ name, base_path: name, publication_id: publication });
  upstream.requests = [];
  return { folder: `/pulp/content/${name}`, name, remote };
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

function open(path: string, options: { method?: string; headers?: Record<string, string> }) {
  const { hostname, port } = new URL(origin);
  let sent: ClientRequest | undefined;
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent = request({ hostname, port, path, agent: false, ...options }, resolve).on('error', reject);
    sent.end();
  });
  return { answered, abort: () => sent?.destroy() };
}

async function get(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  const res = await open(path, options).answered;
  return { status: res.statusCode ?? 0, headers: res.headers, body: await buffer(res) };
}

async function isStored(sha256: string): Promise<boolean> {
  const rows = await world.database.query(sql`
    select from artifact join content_artifact on artifact_id = artifact.id where sha256 = ${sha256}`);
  return rows.length > 0 && (await world.services.store.exists(sha256));
}

describe('content on demand', () => {
  it('is fetched at the first request, saved, and served from the store from then on', async () => {
    const { folder, name } = await distribute({ 'a b.iso': 'small on demand' });
    const first = await get(`${folder}/a%20b.iso`);
    expect([first.status, first.body.toString()]).toEqual([200, 'small on demand']);
    expect(first.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-length': '15',
      etag: expect.stringMatching(/^"[0-9a-f]{10,20}-f"$/),
      'x-pulp-artifact-size': '15',
    });
    expect(await isStored(sha256Of('small on demand'))).toBe(true);
    expect((await get(`${folder}/a%20b.iso`)).headers.etag).toBe(first.headers.etag);
    expect(upstream.requests).toEqual([`${name}/a b.iso`]);
  });

  it('is fetched once, however many ask for it', async () => {
    const { folder } = await distribute({ small: 'wanted by many', big: bigFile(1) });
    const hold = (): void => {
      upstream.fault = (_, res, path) => {
        setTimeout(() => res.end(upstream.files.get(path)), 50);
        return true;
      };
    };
    hold();
    const answers = await Promise.all(Array.from({ length: 6 }, () => get(`${folder}/small`)));
    expect(new Set(answers.map(({ body }) => body.toString()))).toEqual(new Set(['wanted by many']));
    const bigs = await Promise.all(Array.from({ length: 4 }, () => get(`${folder}/big`)));
    expect(bigs.every(({ body }) => body.equals(bigFile(1)))).toBe(true);
    expect(upstream.requests).toHaveLength(2);
  });

  it('gives a big file while it comes', async () => {
    const body = bigFile(2);
    const { folder } = await distribute({ big: body });
    let finish: () => void = () => undefined;
    upstream.fault = (_, res) => {
      res.writeHead(200, { 'content-length': BIG });
      res.write(body.subarray(0, BIG / 2));
      finish = () => res.end(body.subarray(BIG / 2));
      return true;
    };
    const res = await open(`${folder}/big`, {}).answered;
    expect(res.headers).toMatchObject({ 'content-length': String(BIG), etag: `"${sha256Of(body)}"` });
    const pieces: Buffer[] = [];
    for await (const piece of res) {
      pieces.push(piece);
      if (pieces.length === 1) finish();
    }
    expect(Buffer.concat(pieces).equals(body)).toBe(true);
    expect(await isStored(sha256Of(body))).toBe(true);
  });

  it('cuts a range out of a big file, and saves all of it', async () => {
    const body = bigFile(3);
    const { folder } = await distribute({ big: body });
    const [middle, tail] = await Promise.all([
      get(`${folder}/big`, { headers: { range: 'bytes=1000000-1999999' } }),
      get(`${folder}/big`, { headers: { range: 'bytes=-10' } }),
    ]);
    expect([middle.status, middle.headers['content-range']]).toEqual([206, `bytes 1000000-1999999/${BIG}`]);
    expect(middle.body.equals(body.subarray(1_000_000, 2_000_000))).toBe(true);
    expect(tail.body.equals(body.subarray(-10))).toBe(true);
    expect(upstream.requests).toHaveLength(1);
    expect(await isStored(sha256Of(body))).toBe(true);
  });

  it('is saved by HEAD too', async () => {
    const body = bigFile(4);
    const { folder } = await distribute({ big: body, small: 'by head' });
    for (const [name, size] of [
      ['big', BIG],
      ['small', 7],
    ]) {
      const { status, headers } = await get(`${folder}/${name}`, { method: 'HEAD' });
      expect([status, headers['content-length']]).toEqual([200, String(size)]);
    }
    await expect.poll(() => isStored(sha256Of(body))).toBe(true);
    expect(await isStored(sha256Of('by head'))).toBe(true);
  });

  it('is fetched again when its bytes were reclaimed', async () => {
    const body = bigFile(10);
    const { folder } = await distribute({ big: body });
    await get(`${folder}/big`);
    expect((await get(`${folder}/big`)).body.equals(body)).toBe(true);
    expect(upstream.requests).toHaveLength(1);
    const sha256 = sha256Of(body);
    await world.database.execute(sql`
      update content_artifact set artifact_id = null
      where artifact_id = (select id from artifact where sha256 = ${sha256})`);
    await world.database.execute(sql`delete from artifact where sha256 = ${sha256}`);
    await world.services.store.remove(sha256);
    expect((await get(`${folder}/big`)).body.equals(body)).toBe(true);
    expect(upstream.requests).toHaveLength(2);
  });

  it('takes bytes that another path has already', async () => {
    await get(`${(await distribute({ a: 'the same bytes' })).folder}/a`);
    const { folder } = await distribute({ b: 'the same bytes' });
    expect((await get(`${folder}/b`)).body.toString()).toBe('the same bytes');
    expect(upstream.requests).toEqual([]);
  });

  it('goes on to the next source, and is a 404 when none works', async () => {
    const { folder, name } = await distribute({ a: 'second source' });
    upstream.files.delete(`${name}/a`);
    expect((await get(`${folder}/a`)).status).toBe(404);
    expect((await get(`${folder}/a`, { method: 'HEAD' })).status).toBe(404);
    const other = await distribute({ a: 'second source' });
    expect((await get(`${folder}/a`)).body.toString()).toBe('second source');
    expect(upstream.requests).toEqual([`${name}/a`, `${other.name}/a`]);
  });

  it('is an error of this server while its disk is full, and there again afterwards', async () => {
    const { folder } = await distribute({ small: 'no room' });
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const receive = vi.spyOn(world.services.store, 'receive').mockRejectedValue(full);
    expect((await get(`${folder}/small`)).status).toBe(507);
    receive.mockRestore();
    expect((await get(`${folder}/small`)).body.toString()).toBe('no room');
  });

  it('never ends with wrong bytes, and leaves their source alone for a while', async () => {
    const { folder, name } = await distribute({ small: 'right', big: bigFile(5) });
    upstream.files.set(`${name}/small`, Buffer.from('wrong'));
    expect((await get(`${folder}/small`)).status).toBe(404);
    upstream.fault = inTwoParts(bigFile(6), (res, rest) => res.end(rest));
    await expect(get(`${folder}/big`)).rejects.toThrow('aborted');
    upstream.fault = null;
    expect(upstream.requests).toHaveLength(2);
    upstream.files.set(`${name}/small`, Buffer.from('right'));
    expect((await get(`${folder}/small`)).status).toBe(404);
    expect((await get(`${folder}/big`)).status).toBe(404);
    expect(upstream.requests).toHaveLength(2);
    await world.database.execute(sql`update remote_artifact set failed_at = failed_at - interval '301 seconds'`);
    expect((await get(`${folder}/small`)).body.toString()).toBe('right');
    expect(await world.services.store.sweepTemp(new Date(Date.now() + 1000))).toBe(0);
  });

  it('breaks off when the upstream does, and works at the next request', async () => {
    const body = bigFile(7);
    const { folder } = await distribute({ big: body });
    upstream.fault = inTwoParts(body, (res) => res.destroy());
    await expect(get(`${folder}/big`)).rejects.toThrow('aborted');
    upstream.fault = null;
    expect((await get(`${folder}/big`)).body.equals(body)).toBe(true);
  });

  it('is finished when its client leaves and little is left, and not kept back by a client that does not read', async () => {
    const body = bigFile(8);
    const { folder } = await distribute({ big: body });
    const { answered, abort } = open(`${folder}/big`, {});
    await answered;
    await sleep(100);
    abort();
    await expect.poll(() => isStored(sha256Of(body))).toBe(true);
  });
});

describe('streamed content', () => {
  it('is passed on, checked, cut, and kept nowhere', async () => {
    const body = bigFile(9);
    const { folder, name } = await distribute({ big: body, small: 'streamed' }, 'streamed');
    expect((await get(`${folder}/small`)).body.toString()).toBe('streamed');
    const whole = await get(`${folder}/big`);
    expect(whole.body.equals(body)).toBe(true);
    expect(whole.headers).toMatchObject({ etag: `"${sha256Of(body)}"`, 'x-pulp-artifact-size': String(BIG) });
    const part = await get(`${folder}/big`, { headers: { range: 'bytes=5-1048580' } });
    expect(part.body.equals(body.subarray(5, 1_048_581))).toBe(true);
    expect((await get(`${folder}/big`, { method: 'HEAD' })).headers['content-length']).toBe(String(BIG));
    expect(await isStored(sha256Of(body))).toBe(false);
    expect(await isStored(sha256Of('streamed'))).toBe(false);
    upstream.files.set(`${name}/small`, Buffer.from('tampered'));
    expect((await get(`${folder}/small`)).status).toBe(404);
    upstream.files.delete(`${name}/big`);
    expect((await get(`${folder}/big`)).status).toBe(404);
  });
});
