import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createFileWorld, type FileWorld } from '../../support/file-world.ts';
import { putManifest, sha256Of, startUpstream, type Upstream } from '../../support/upstream.ts';

let world: FileWorld;
let upstream: Upstream;
let origin: string;

beforeAll(async () => {
  world = await createFileWorld();
  upstream = await startUpstream();
  origin = await world.serve();
});
afterAll(async () => {
  await upstream.close();
  await world.close();
});

/** Sends the path as it is written: fetch would tidy it. */
function get(path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const { hostname, port } = new URL(origin);
  return new Promise<{ status: number; reason: string; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      request({ hostname, port, path, ...options }, async (res) => {
        const { statusCode = 0, statusMessage = '', headers } = res;
        resolve({ status: statusCode, reason: statusMessage, headers, body: await text(res) });
      })
        .on('error', reject)
        .end();
    },
  );
}

/** A repository with these files, stored, and its publication. */
async function published(name: string, files: Record<string, string>) {
  putManifest(upstream, name, files);
  const remote = await world.remote({ name, url: `${upstream.url}/${name}/PULP_MANIFEST` });
  const repository = await world.repository({ name, remote_id: remote.id });
  await world.sync({ repository: repository.id });
  return { repository, publication: await publish(repository.id) };
}

async function publish(repositoryId: string, options = {}): Promise<string> {
  const task = await world.publish({ repository: repositoryId, ...options });
  return (task.result as { publication: string }).publication;
}

describe('what is served', () => {
  beforeAll(async () => {
    const { repository, publication } = await published('main', {
      '1.iso': 'one',
      'sub/2.iso': 'two',
      'sub/deep/3.iso': 'three',
      'site/index.html': '<p>hello</p>',
    });
    await world.distribution({ name: 'main', base_path: 'golden/one', publication_id: publication });
    await world.distribution({ name: 'hidden', base_path: 'golden/two', repository_id: repository.id, hidden: true });
    await world.distribution({ name: 'sourceless', base_path: 'empty' });
    await world.distribution({
      name: 'unpublished',
      base_path: 'unpublished',
      repository_id: (await world.repository({ name: 'u' })).id,
    });
  });

  it('answers for a file with the headers of golden/v3/11 "file again"', async () => {
    const { status, headers, body } = await get('/pulp/content/golden/one/1.iso');
    expect({ status, body }).toEqual({ status: 200, body: 'one' });
    expect(headers).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=0, must-revalidate',
      'content-length': '3',
      'content-type': 'application/octet-stream',
      etag: expect.stringMatching(/^"[0-9a-f]{10,20}-3"$/),
      'last-modified': expect.stringMatching(/ GMT$/),
      'x-pulp-artifact-size': '3',
    });
    expect(headers).not.toHaveProperty('content-encoding');
  });

  it('answers HEAD, ranges and conditions', async () => {
    const path = '/pulp/content/golden/one/sub/deep/3.iso';
    const head = await get(path, { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '5', '']);
    const part = await get(path, { headers: { range: 'bytes=1-2' } });
    expect([part.status, part.headers['content-range'], part.body]).toEqual([206, 'bytes 1-2/5', 'hr']);
    const beyond = await get(path, { headers: { range: 'bytes=99-' } });
    expect([beyond.status, beyond.headers['content-range'], beyond.body]).toEqual([416, 'bytes */5', '']);
    expect(beyond.headers.etag).toBe(`"${sha256Of('three')}"`);
    const several = await get(path, { headers: { range: 'bytes=0-1,3-4' } });
    expect([several.status, several.body]).toEqual([416, '416: Requested Range Not Satisfiable']);
    const same = await get(path, { headers: { 'if-none-match': String(head.headers.etag) } });
    expect([same.status, same.headers.etag, same.body]).toEqual([304, head.headers.etag, '']);
    const lost = await get(path, { headers: { 'if-match': '"nope"' } });
    expect([lost.status, lost.headers['content-length']]).toEqual([412, '0']);
  });

  it('lists roots, folders above distributions, and folders in them', async () => {
    const root = await get('/pulp/content/');
    expect(root.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(root.body).toContain('<a href="./golden/">golden/</a>');
    const above = await get('/pulp/content/golden/');
    expect(above.body).toContain('<title>Index of golden/</title>');
    expect(above.body).toContain('./one/');
    expect(above.body).not.toContain('./two/');
    const inside = await get('/pulp/content/golden/one/');
    expect(inside.body).toContain('<title>Index of /pulp/content/golden/one/</title>');
    expect([...inside.body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link)).toEqual([
      '../',
      './1.iso',
      './PULP_MANIFEST',
      './site/',
      './sub/',
    ]);
    const sub = await get('/pulp/content/golden/one/sub/');
    expect(sub.body).toMatch(/deep\/<\/a> {95}\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d {2}\n/);
    expect(sub.body).toMatch(/2\.iso<\/a> {95}\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d {2}3 Bytes\n/);
    expect((await get('/pulp/content/golden/one/nosuch/')).status).toBe(404);
  });

  it('prefers an index.html', async () => {
    const page = await get('/pulp/content/golden/one/site/');
    expect([page.headers['content-type'], page.body]).toEqual(['text/html', '<p>hello</p>']);
  });

  it.each([
    ['/pulp/content/golden', '/pulp/content/golden/'],
    ['/pulp/content/golden/one', '/pulp/content/golden/one/'],
    ['/pulp/isos/golden/one', '/pulp/isos/golden/one/'],
    ['/pulp/content/golden/one/sub', '/pulp/content/golden/one/sub/'],
    ['/pulp/content/golden/one/sub/deep', '/pulp/content/golden/one/sub/deep/'],
  ])('leads %s to its slash', async (path, location) => {
    const { status, headers, body } = await get(path);
    expect([status, headers.location, body]).toEqual([301, location, '301: Moved Permanently']);
  });

  it.each([
    '/pulp/content',
    '/pulp/content/nowhere/x',
    '/pulp/content/golden/one/nope.iso',
    '/pulp/content/golden/one/../one/1.iso',
    '/pulp/content/golden/one/%2e%2e/one/1.iso',
    '/pulp/content/golden/one/1.iso%00',
    '/pulp/content/..%2f..%2f..%2fetc%2fpasswd',
    '/pulp/content//etc/passwd',
    '/pulp/content/unpublished/',
    '/pulp/isos/nowhere/',
    `/pulp/content/${'a/'.repeat(7000)}`,
  ])('has nothing at %s', async (path) => {
    const { status, headers, body } = await get(path);
    expect([status, headers['content-type'], body]).toEqual([404, 'text/plain; charset=utf-8', '404: Not Found']);
  });

  it('says why a distribution without a source has nothing', async () => {
    const reason = 'Distribution is not pointing to a publication, repository, repository version, or remote.';
    const answer = await get('/pulp/content/empty/');
    expect([answer.status, answer.reason, answer.body]).toEqual([404, reason, `404: ${reason}`]);
  });

  it('takes encoded and doubled slashes as the original does', async () => {
    expect((await get('/pulp/content/golden%2Fone/1.iso')).body).toBe('one');
    expect((await get('/pulp/content/golden/one//1.iso')).body).toBe('one');
  });

  it('takes only GET and HEAD', async () => {
    const { status, headers, body } = await get('/pulp/content/golden/one/1.iso', { method: 'POST' });
    expect([status, headers.allow, body]).toEqual([405, 'GET,HEAD', '405: Method Not Allowed']);
  });

  it('leaves everything else to others', async () => {
    expect((await get('/pulp/api/v3/status/')).status).toBe(418);
  });
});

describe('a change', () => {
  it('is seen by the very next request, whatever was remembered', async () => {
    const { repository, publication } = await published('changes', { a: 'first' });
    const { id } = await world.distribution({ name: 'changes', base_path: 'changes', publication_id: publication });
    const path = '/pulp/content/changes/a';
    for (let round = 0; round < 20; round += 1) {
      expect((await get(path)).status).toBe(200);
      await world.database.execute(sql`update distribution set publication_id = null where id = ${id}`);
      expect((await get(path)).status).toBe(404);
      await world.database.execute(sql`update distribution set publication_id = ${publication} where id = ${id}`);
    }
    await world.database.execute(
      sql`update distribution set publication_id = null, repository_id = ${repository.id} where id = ${id}`,
    );
    putManifest(upstream, 'changes', { a: 'second' });
    await world.sync({ repository: repository.id });
    expect((await get(path)).body).toBe('first');
    const second = await publish(repository.id);
    expect((await get(path)).body).toBe('second');
    await world.database.execute(sql`delete from publication where id = ${second}`);
    expect((await get(path)).body).toBe('first');
    await world.database.execute(sql`update distribution set base_path = 'changed' where id = ${id}`);
    expect((await get(path)).status).toBe(404);
    expect((await get('/pulp/content/changed/a')).body).toBe('first');
    await world.database.execute(sql`delete from distribution where id = ${id}`);
    expect((await get('/pulp/content/changed/a')).status).toBe(404);
  });

  it('is never hidden by what was read before it, under load', async () => {
    const { publication } = await published('race', { a: 'x' });
    const { id } = await world.distribution({ name: 'race', base_path: 'race', publication_id: publication });
    const path = '/pulp/content/race/a';
    let stop = false;
    const load = Array.from({ length: 8 }, async () => {
      while (!stop) await get(path);
    });
    for (let round = 0; round < 40; round += 1) {
      const wanted = round % 2 === 0 ? null : publication;
      await world.database.execute(sql`update distribution set publication_id = ${wanted} where id = ${id}`);
      expect((await get(path)).status).toBe(wanted ? 200 : 404);
    }
    stop = true;
    await Promise.all(load);
  });
});

describe('legacy roots', () => {
  it('serve distributions of their types by base path, and all by alias', async () => {
    const { publication } = await published('legacy', { a: 'legacy' });
    await world.distribution({ name: 'plain', base_path: 'old/repo', publication_id: publication });
    const { id } = await world.distribution({ name: 'aliased', base_path: 'isos/other', publication_id: publication });
    await world.database.execute(
      sql`insert into distribution_alias (path, distribution_id) values ('pulp/isos/other', ${id})`,
    );
    expect((await get('/pulp/isos/old/repo/a')).body).toBe('legacy');
    expect((await get('/pulp/isos/other/a')).body).toBe('legacy');
    expect((await get('/pulp/isos/other')).status).toBe(301);
    expect((await get('/pulp/isos/')).body).toContain('<a href="./other/">other/</a>');
    expect((await get('/pulp/isos/other/')).body).toContain('Index of /pulp/isos/other/');
  });

  it('leave out what is of another type', async () => {
    const { publication } = await published('types', { a: 'x' });
    const fields = { name: 'another', base_path: 'another', publication_id: publication, type: 'other.other' };
    await world.distribution(fields);
    expect((await get('/pulp/isos/another/a')).status).toBe(404);
    expect((await get('/pulp/content/another/a')).status).toBe(200);
  });
});

describe('checkpoints', () => {
  it('are served by their times, later times lead to the one before', async () => {
    const { repository } = await published('moments', { a: 'x' });
    const first = await publish(repository.id, { checkpoint: true });
    const second = await publish(repository.id, { checkpoint: true });
    const setTime = (id: string, time: string) =>
      world.database.execute(sql`update publication set created = ${time} where id = ${id}`);
    await setTime(first, '2024-01-01T00:00:00.5Z');
    await setTime(second, '2024-02-01T10:20:30Z');
    await world.distribution({ name: 'moments', base_path: 'moments', repository_id: repository.id, checkpoint: true });
    const base = '/pulp/content/moments';
    expect([...(await get(`${base}/`)).body.matchAll(/>(\w+Z)\//g)].map(([, stamp]) => stamp)).toEqual([
      '20240101T000000Z',
      '20240201T102030Z',
    ]);
    expect((await get(`${base}/20240101T000000Z/a`)).body).toBe('x');
    expect((await get(`${base}/20240115T000000Z/a`)).headers.location).toBe(`${base}/20240101T000000Z/a`);
    expect((await get(`${base}/20240201T102030Z`)).headers.location).toBe(`${base}/20240201T102030Z/`);
    for (const bad of ['20231231T235959Z/a', '29990101T000000Z/a', '20241332T000000Z/a', 'latest/a']) {
      expect((await get(`${base}/${bad}`)).status).toBe(404);
    }
  });
});
