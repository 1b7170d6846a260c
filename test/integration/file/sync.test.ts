import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { contentOfVersion } from '../../../src/core/repository/membership.ts';
import { getRepository, latestVersion } from '../../../src/core/repository/reader.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createFileWorld, type FileWorld } from '../../support/file-world.ts';
import { putManifest, sha256Of, startUpstream, type Upstream } from '../../support/upstream.ts';

let world: FileWorld;
let upstream: Upstream;
let counter = 0;

beforeAll(async () => {
  world = await createFileWorld();
  upstream = await startUpstream();
});
afterEach(() => {
  upstream.fault = null;
});
afterAll(async () => {
  await upstream.close();
  await world.close();
});

/** A repository and a remote of their own, with a folder at the upstream. */
async function prepare(files: Record<string, string>, remoteFields = {}, data = {}) {
  counter += 1;
  const folder = `r${counter}`;
  putManifest(upstream, folder, files);
  const repository = await world.repository({ name: folder, data });
  const url = `${upstream.url}/${folder}/PULP_MANIFEST`;
  const remote = await world.remote({ name: folder, url, max_retries: 0, ...remoteFields });
  return { folder, repository, remote, args: { repository: repository.id, remote: remote.id } };
}

async function filesOf(repositoryId: string): Promise<Record<string, string | null>> {
  const version = await latestVersion(world.database, repositoryId);
  const rows = await world.database.query<{ relative_path: string; sha256: string | null }>(sql`
    select relative_path, artifact.sha256 from content_artifact left join artifact on artifact.id = artifact_id
    where content_id in (${contentOfVersion(repositoryId, version.number)})`);
  return Object.fromEntries(rows.map(({ relative_path, sha256 }) => [relative_path, sha256]));
}

const versionsOf = (repositoryId: string) =>
  world.database.query<{ number: number }>(
    sql`select number from repository_version where repository_id = ${repositoryId} order by number`,
  );

describe('a sync, policy immediate', () => {
  it('makes a version of what the manifest lists, and reports as golden/v3/06 "sync"', async () => {
    const { folder, repository, remote, args } = await prepare({ 'a.iso': 'one', 'b/ü, 100%.iso': 'two', c: 'three' });
    const task = await world.sync(args);
    expect(task.error).toBeNull();
    const version = await latestVersion(world.database, repository.id);
    expect(task.result).toEqual({ repository_version: version.id });
    expect(task.created_resources).toEqual([`prn:core.repositoryversion:${version.id}`]);
    expect(version.content_counts).toEqual({ added: { 'file.file': 3 }, removed: {}, present: { 'file.file': 3 } });
    expect(await filesOf(repository.id)).toEqual({
      'a.iso': sha256Of('one'),
      'b/ü, 100%.iso': sha256Of('two'),
      c: sha256Of('three'),
    });
    expect(await world.services.store.verify(sha256Of('two'))).toBe('intact');
    const completed = (code: string, message: string, total: number | null, done: number) => ({
      code,
      message,
      state: 'completed',
      total,
      done,
    });
    expect(await world.reports(task)).toEqual([
      completed('associating.content', 'Associating Content', null, 3),
      completed('sync.downloading.artifacts', 'Downloading Artifacts', null, 3),
      completed('sync.downloading.metadata', 'Downloading Metadata', null, 1),
      completed('sync.parsing.metadata', 'Parsing Metadata Lines', 3, 3),
    ]);
    const { data } = await getRepository(world.database, repository.id);
    expect(data.last_sync_details).toEqual({
      url: remote.url,
      mirror: false,
      remote_pk: remote.id,
      download_policy: 'immediate',
      manifest_checksum: sha256Of(upstream.files.get(`${folder}/PULP_MANIFEST`) ?? ''),
      most_recent_version: 1,
    });
  });

  it('does nothing again when nothing changed, and looks at everything with optimize off', async () => {
    const { repository, args } = await prepare({ 'a.iso': 'again' });
    await world.sync(args);
    upstream.requests = [];
    const skipped = await world.sync(args);
    expect(upstream.requests).toHaveLength(1);
    expect(skipped).toMatchObject({ state: 'completed', result: null, created_resources: [] });
    const message = 'Skipping Sync (no change from previous sync)';
    expect(await world.reports(skipped)).toEqual([
      { code: 'sync.was_skipped', message, state: 'completed', total: 1, done: 1 },
    ]);
    const whole = await world.sync({ ...args, optimize: false });
    expect(whole).toMatchObject({ state: 'completed', result: null, created_resources: [] });
    expect((await world.reports(whole)).map(({ code, done }) => [code, done])).toEqual([
      ['associating.content', 0],
      ['sync.downloading.artifacts', 0],
      ['sync.downloading.metadata', 1],
      ['sync.parsing.metadata', 1],
    ]);
    expect(await versionsOf(repository.id)).toHaveLength(2);
  });

  it('replaces files of the same name and keeps others, unless it mirrors', async () => {
    const { folder, repository, args } = await prepare({ a: 'a1', b: 'b1' });
    await world.sync(args);
    putManifest(upstream, folder, { a: 'a2', c: 'c1' });
    await world.sync(args);
    expect(await filesOf(repository.id)).toEqual({ a: sha256Of('a2'), b: sha256Of('b1'), c: sha256Of('c1') });
    const mirrored = await world.sync({ ...args, mirror: true });
    expect(await filesOf(repository.id)).toEqual({ a: sha256Of('a2'), c: sha256Of('c1') });
    expect((await world.reports(mirrored)).at(-1)).toMatchObject({ code: 'unassociating.content', done: 1 });
    const again = await world.sync({ ...args, mirror: true, optimize: false });
    expect((await world.reports(again)).at(-1)).toMatchObject({ code: 'unassociating.content', done: 0 });
  });

  it('publishes the manifest of the remote unchanged when it mirrors', async () => {
    const { folder, args } = await prepare({ z: 'z', a: 'a' });
    const task = await world.sync({ ...args, mirror: true });
    const [version, publication] = task.created_resources;
    expect(version).toMatch(/^prn:core.repositoryversion:/);
    expect(publication).toMatch(/^prn:file.filepublication:/);
    const { sha256 } = await world.database.one<{ sha256: string }>(sql`
      select sha256 from published_metadata join artifact on artifact.id = artifact_id
      where publication_id = ${publication?.split(':').at(-1)} and relative_path = 'PULP_MANIFEST'`);
    expect(sha256).toBe(sha256Of(upstream.files.get(`${folder}/PULP_MANIFEST`) ?? ''));
  });

  it('fetches the same bytes once, and none that are stored', async () => {
    const { args } = await prepare({ a: 'the same', b: 'the same', c: 'one' });
    upstream.requests = [];
    await world.sync(args);
    expect(upstream.requests).toHaveLength(2);
  });

  it('keeps to the concurrency of the remote', async () => {
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`f${index}`, `slow ${index}`]));
    const { args } = await prepare(files, { download_concurrency: 3 });
    upstream.mostAtOnce = 0;
    upstream.fault = (_, res, path) => {
      setTimeout(() => res.end(upstream.files.get(path)), 5);
      return true;
    };
    expect((await world.sync(args)).state).toBe('completed');
    expect(upstream.mostAtOnce).toBe(3);
  });

  it('gets over a flaky upstream', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`f${index}`, `flaky ${index}`.repeat(50)]),
    );
    const { repository, args } = await prepare(files, { max_retries: 3 });
    let count = 0;
    upstream.fault = (_, res, path) => {
      count += 1;
      if (count % 7 === 0) {
        res.writeHead(503).end();
        return true;
      }
      const body = upstream.files.get(path);
      if (count % 5 !== 0 || !body) return false;
      res.writeHead(200, { 'content-length': body.length });
      res.write(body.subarray(0, body.length / 2), () => res.destroy());
      return true;
    };
    const task = await world.sync(args);
    expect(task.error).toBeNull();
    expect(Object.keys(await filesOf(repository.id))).toHaveLength(40);
  });
});

describe('a remote', () => {
  it('is asked with its credentials and headers', async () => {
    const seen = new Set<string>();
    const fields = { username: 'user', password: 'pass:word', headers: [{ 'X-Key': 'v' }, { 'X-Other': 'w' }] };
    const { args } = await prepare({ a: 'with credentials' }, fields);
    upstream.fault = ({ headers }) => {
      seen.add([headers.authorization, headers['x-key'], headers['x-other'], headers['user-agent']].join('|'));
      return false;
    };
    expect((await world.sync(args)).error).toBeNull();
    expect([...seen]).toEqual([
      `Basic ${Buffer.from('user:pass:word').toString('base64')}|v|w|${world.services.settings.userAgent}`,
    ]);
  });

  it('may be a folder of the file system that is allowed, and no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pulp-gateway-upstream-'));
    writeFileSync(join(folder, 'a #1%.iso'), 'local');
    writeFileSync(join(folder, 'PULP_MANIFEST'), `a #1%.iso,${sha256Of('local')},5\n`);
    const url = pathToFileURL(join(folder, 'PULP_MANIFEST')).href;
    const { repository, args } = await prepare({}, { url });
    expect((await world.sync(args)).state).toBe('failed');
    const { allowedImportPaths } = world.services.settings;
    Object.assign(world.services.settings, { allowedImportPaths: [folder] });
    expect((await world.sync(args)).error).toBeNull();
    Object.assign(world.services.settings, { allowedImportPaths });
    expect(await filesOf(repository.id)).toEqual({ 'a #1%.iso': sha256Of('local') });
    rmSync(folder, { recursive: true });
  });
});

describe('a sync that defers its downloads', () => {
  it('knows where the bytes are, and gets them once the policy is immediate', async () => {
    const { repository, remote, args } = await prepare({ a: 'deferred' }, { policy: 'on_demand' });
    const task = await world.sync(args);
    expect(await filesOf(repository.id)).toEqual({ a: null });
    expect((await world.reports(task))[1]).toMatchObject({ code: 'sync.downloading.artifacts', done: 0 });
    await world.database.execute(sql`update remote set policy = 'immediate' where id = ${remote.id}`);
    const second = await world.sync(args);
    expect(second).toMatchObject({ state: 'completed', result: null });
    expect(await filesOf(repository.id)).toEqual({ a: sha256Of('deferred') });
  });
});

describe('publishing after a sync', () => {
  it('happens in the task for a repository that wants it', async () => {
    const { args } = await prepare({ a: 'a' }, {}, { autopublish: true, manifest: 'INDEX' });
    const task = await world.sync(args);
    expect(task.created_resources.map((prn) => prn.split(':')[1])).toEqual([
      'core.repositoryversion',
      'file.filepublication',
    ]);
    const refused = await world.sync({ ...args, mirror: true });
    expect(refused.error?.description).toBe('Cannot use mirror mode with autopublished repository.');
  });

  it('is a child task for each publisher that wants it, after a change, unless the caller does it', async () => {
    const { folder, repository, args } = await prepare({ a: 'a' });
    await world.database.execute(sql`
      insert into publisher (type, name, repository_id, autopublish)
      values ('file.file', ${`${folder}-1`}, ${repository.id}, true), ('file.file', ${`${folder}-2`}, ${repository.id}, false)`);
    const children = (id: string) =>
      world.database.query<{ name: string; reserved_resources_record: string[] }>(
        sql`select name, reserved_resources_record from task where parent_id = ${id}`,
      );
    const suppressed = await world.sync({ ...args, autopublish: false });
    expect(await children(suppressed.id)).toEqual([]);
    putManifest(upstream, folder, { a: 'b' });
    const [child, ...others] = await children((await world.sync(args)).id);
    expect(child?.name).toBe('pulp_file.app.tasks.publishing.publish');
    expect(child?.reserved_resources_record[0]).toBe(`shared:prn:file.filerepository:${repository.id}`);
    expect(others).toEqual([]);
    expect(await children((await world.sync(args)).id)).toEqual([]);
  });
});

describe('a sync that fails', () => {
  async function failing(args: { repository: string; remote: string }) {
    const task = await world.sync(args);
    expect(task).toMatchObject({ state: 'failed', result: null, created_resources: [] });
    expect(await versionsOf(args.repository)).toEqual([{ number: 0 }]);
    const reports = (await world.reports(task)).map(({ code, state, total, done }) => [code, state, total, done]);
    return { error: task.error, reports };
  }

  it('says 404 as golden/v3/06 "upstream 404"', async () => {
    const { args } = await prepare({}, { url: `${upstream.url}/nothing/PULP_MANIFEST` });
    const { error, reports } = await failing(args);
    expect(error?.description).toBe(`404, message='Not Found', url='${upstream.url}/nothing/PULP_MANIFEST'`);
    expect(error).not.toHaveProperty('error_code');
    expect(reports).toEqual([]);
  });

  it('says that nothing listens as golden/v3/06 "connection refused"', async () => {
    const { args } = await prepare({}, { url: 'http://127.0.0.1:1/PULP_MANIFEST' });
    expect((await failing(args)).error?.description).toBe(
      "Cannot connect to host 127.0.0.1:1 ssl:default [Connect call failed ('127.0.0.1', 1)]",
    );
  });

  it('says which digest was wrong as golden/v3/06 "wrong digests upstream"', async () => {
    const { folder, args } = await prepare({ a: 'good', b: 'expected' });
    upstream.files.set(`${folder}/b`, Buffer.from('deceived'));
    const { error, reports } = await failing(args);
    expect(error?.error_code).toBe('PLP0003');
    expect(error?.description).toBe(
      `[PLP0003] A file located at the url ${upstream.url}/${folder}/b failed validation due to checksum. ` +
        `Expected '${sha256Of('expected')}', Actual '${sha256Of('deceived')}'`,
    );
    expect(reports).toEqual([
      ['associating.content', 'canceled', null, 0],
      ['sync.downloading.artifacts', 'failed', null, expect.any(Number)],
      ['sync.downloading.metadata', 'completed', null, 1],
      ['sync.parsing.metadata', 'completed', 2, 2],
    ]);
  });

  it('for want of disk space says so, and works when there is some', async () => {
    const { args } = await prepare({ roomy: 'wants room' });
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const receive = vi.spyOn(world.services.store, 'receive').mockRejectedValue(full);
    const task = await world.sync(args);
    receive.mockRestore();
    expect(task.error?.description).toBe(
      'There is no space left on the disk of this server. (ENOSPC: no space left on device, write)',
    );
    expect((await world.sync(args)).state).toBe('completed');
  });

  it('names the bad line as golden/v3/06 "not a manifest", and fetches nothing then', async () => {
    const { folder, args } = await prepare({ a: 'never fetched' });
    const good = upstream.files.get(`${folder}/PULP_MANIFEST`) ?? Buffer.alloc(0);
    upstream.files.set(`${folder}/PULP_MANIFEST`, Buffer.concat([good, Buffer.from('<xml/>\n')]));
    upstream.requests = [];
    const { error, reports } = await failing(args);
    expect(error?.description).toMatch(/^Error: Parsing of the manifest file failed on line:2\.\nPlease make sure/);
    expect(error).not.toHaveProperty('error_code');
    expect(reports).toEqual([
      ['associating.content', 'canceled', null, 0],
      ['sync.downloading.artifacts', 'canceled', null, 0],
      ['sync.downloading.metadata', 'completed', null, 1],
      ['sync.parsing.metadata', 'failed', null, 0],
    ]);
    expect(upstream.requests).toEqual([`${folder}/PULP_MANIFEST`]);
  });

  it('says when a name stands for two files', async () => {
    const { folder, args } = await prepare({ a: 'first' });
    const line = `a,${sha256Of('second')},6\n`;
    const manifest = upstream.files.get(`${folder}/PULP_MANIFEST`) ?? Buffer.alloc(0);
    upstream.files.set(`${folder}/PULP_MANIFEST`, Buffer.concat([manifest, Buffer.from(line)]));
    await world.database.execute(sql`update remote set policy = 'on_demand' where id = ${args.remote}`);
    expect((await failing(args)).error?.error_code).toBe('PLP0022');
  });
});

describe('a canceled sync', () => {
  it('stops at once, leaves no version, and can be done again', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, `cancel ${index}`]));
    const { repository, args } = await prepare(files);
    const controller = new AbortController();
    upstream.fault = (_, res, path) => {
      if (path.endsWith('PULP_MANIFEST')) return false;
      if (path.endsWith('f9')) setTimeout(() => controller.abort(), 20);
      // Nothing of the body ever comes.
      res.writeHead(200, { 'content-length': 10 }).write('x');
      return true;
    };
    const begun = performance.now();
    const task = await world.sync(args, controller);
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(task.state).toBe('canceled');
    expect(await versionsOf(repository.id)).toEqual([{ number: 0 }]);
    expect((await world.reports(task)).map(({ code, state }) => [code, state])).toEqual([
      ['associating.content', 'canceled'],
      ['sync.downloading.artifacts', 'canceled'],
      ['sync.downloading.metadata', 'completed'],
      ['sync.parsing.metadata', 'completed'],
    ]);
    upstream.fault = null;
    expect((await world.sync(args)).state).toBe('completed');
    expect(Object.keys(await filesOf(repository.id))).toHaveLength(30);
    expect(await world.services.store.sweepTemp(new Date(Date.now() + 1000))).toBe(0);
  });
});
