import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createV2World, type V2World } from '../../support/v2-world.ts';

let world: V2World;

beforeAll(async () => {
  world = await createV2World();
});

afterAll(() => world.close());

beforeEach(async () => {
  await world.services.database.execute(
    sql`truncate repository, content, artifact, upload, task, distribution cascade`,
  );
  await repository('a');
  await repository('b');
});

async function repository(id: string): Promise<void> {
  const distributors = [{ distributor_id: 'd', distributor_type_id: 'iso_distributor', distributor_config: {} }];
  await world.call('POST', '/repositories/', {
    id,
    importer_type_id: 'iso_importer',
    importer_config: {},
    distributors,
  });
}

async function newUpload(): Promise<string> {
  const { body } = await world.call('POST', '/content/uploads/');
  return body.upload_id;
}

async function put(upload: string, offset: number, bytes: Uint8Array): Promise<number> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const url = `${world.url}/pulp/api/v2/content/uploads/${upload}/${offset}/`;
  return (await fetch(url, { method: 'PUT', headers: { authorization }, body: bytes })).status;
}

const keyOf = (name: string, bytes: Uint8Array) => ({
  name,
  size: bytes.length,
  checksum: createHash('sha256').update(bytes).digest('hex'),
});

/** Uploads a unit whole; gives the task. */
async function add(id: string, name: string, text: string, more: object) {
  const upload = await newUpload();
  await put(upload, 0, Buffer.from(text));
  const unit_key = keyOf(name, Buffer.from(text));
  const body = { upload_id: upload, unit_type_id: 'iso', unit_key, ...more };
  return world.task('POST', `/repositories/${id}/actions/import_upload/`, body);
}

async function namesIn(id: string): Promise<string[]> {
  const { body } = await world.call('POST', `/repositories/${id}/search/units/`, { criteria: {} });
  return body.map(({ metadata }: { metadata: { name: string } }) => metadata.name).sort();
}

describe('uploads', () => {
  it('take pieces of ten megabytes at once and in any order', async () => {
    const bytes = Buffer.alloc(25 * 1024 * 1024, 'abcdefg');
    const upload = await newUpload();
    const piece = 10 * 1024 * 1024;
    const offsets = [2 * piece, 0, piece];
    const statuses = await Promise.all(offsets.map((at) => put(upload, at, bytes.subarray(at, at + piece))));
    expect(statuses).toEqual([200, 200, 200]);
    const body = { upload_id: upload, unit_type_id: 'iso', unit_key: keyOf('big.iso', bytes) };
    const task = await world.task('POST', '/repositories/a/actions/import_upload/', body);
    expect(task).toMatchObject({ state: 'finished', error: null, result: { success_flag: true } });
    expect(await namesIn('a')).toEqual(['big.iso']);
  });

  it('bring metadata of the user, and replace what has the same name', async () => {
    await add('a', 'x.iso', 'old', {});
    await add('a', 'x.iso', 'new', { unit_metadata: { pulp_user_metadata: { by: 'test' } } });
    const { body } = await world.call('POST', '/repositories/a/search/units/', { criteria: { type_ids: ['iso'] } });
    expect(body).toHaveLength(1);
    expect(body[0].metadata).toMatchObject({
      name: 'x.iso',
      size: 3,
      pulp_user_metadata: { by: 'test' },
      downloaded: true,
    });
    expect(body[0].metadata.checksum).toBe(keyOf('', Buffer.from('new')).checksum);
  });

  it('can be imported twice, and stay until they are deleted', async () => {
    const upload = await newUpload();
    await put(upload, 0, Buffer.from('same'));
    for (const id of ['a', 'b']) {
      const body = { upload_id: upload, unit_type_id: 'iso', unit_key: keyOf('x.iso', Buffer.from('same')) };
      expect(await world.task('POST', `/repositories/${id}/actions/import_upload/`, body)).toMatchObject({
        state: 'finished',
      });
    }
    expect((await world.call('GET', '/content/uploads/')).body).toEqual({ upload_ids: [upload] });
    expect((await world.call('DELETE', `/content/uploads/${upload}/`)).status).toBe(200);
    expect((await world.call('GET', '/content/uploads/')).body).toEqual({ upload_ids: [] });
    expect(await put(upload, 0, Buffer.from('x'))).toBe(404);
  });

  it.each(['../evil', '/etc/passwd', 'a/../b', 'a//b', '', 'x\\y', 'PULP_MANIFEST'])(
    'refuse the name %j',
    async (name) => {
      const task = await add('a', name, 'text', {});
      expect(task).toMatchObject({ state: 'error', result: null, error: { code: 'PLP0047', data: { repo_id: 'a' } } });
      expect(await namesIn('a')).toEqual([]);
      const { rows } = await world.services.database.one<{ rows: number }>(sql`select count(*) as rows from content`);
      expect(rows).toBe(0);
    },
  );

  it('refuse bytes that are not those of the key', async () => {
    const upload = await newUpload();
    await put(upload, 0, Buffer.from('text'));
    const key = keyOf('x.iso', Buffer.from('text'));
    for (const unit_key of [{ ...key, size: 3 }, { ...key, checksum: '0'.repeat(64) }, { name: 'x.iso' }]) {
      const body = { upload_id: upload, unit_type_id: 'iso', unit_key };
      const task = await world.task('POST', '/repositories/a/actions/import_upload/', body);
      expect(task).toMatchObject({ state: 'error', error: { code: 'PLP0047' } });
    }
    expect(await namesIn('a')).toEqual([]);
  });

  it.each(['-1', 'x', '1.5', '99999999999999999999'])('refuse the offset %s', async (offset) => {
    const upload = await newUpload();
    const { status, body } = await world.call('PUT', `/content/uploads/${upload}/${offset}/`, {});
    expect({ status, names: body.property_names }).toEqual({ status: 400, names: ['offset'] });
  });
});

describe('copies and removals', () => {
  beforeEach(async () => {
    await add('a', '1.iso', 'one', {});
    await add('a', '2.iso', 'two', {});
    await add('b', '1.iso', 'another one', {});
  });

  it('replace units of the same name', async () => {
    const task = await world.task('POST', '/repositories/b/actions/associate/', { source_repo_id: 'a' });
    expect(
      task.result.units_successful.map(({ unit_key }: { unit_key: { name: string } }) => unit_key.name).sort(),
    ).toEqual(['1.iso', '2.iso']);
    const { body } = await world.call('POST', '/repositories/b/search/units/', {
      criteria: { filters: { unit: { name: '1.iso' } }, fields: { unit: ['checksum'] } },
    });
    expect(body.map(({ metadata }: { metadata: { checksum: string } }) => metadata.checksum)).toEqual([
      keyOf('', Buffer.from('one')).checksum,
    ]);
    const { body: orphans } = await world.call('GET', '/content/orphans/');
    expect(orphans.iso.count).toBe(1);
  });

  it('leave the source alone and write no version when nothing is new', async () => {
    await world.task('POST', '/repositories/b/actions/associate/', { source_repo_id: 'a' });
    const versions = () =>
      world.services.database.query(sql`select number from repository_version join repository on repository.id = repository_id
        where name = 'b' order by number`);
    const before = await versions();
    const again = await world.task('POST', '/repositories/b/actions/associate/', { source_repo_id: 'a' });
    expect(again.result.units_successful).toHaveLength(2);
    expect(await versions()).toEqual(before);
    expect(await namesIn('a')).toEqual(['1.iso', '2.iso']);
  });

  it('obey limit and skip', async () => {
    const criteria = { type_ids: ['iso'], sort: { unit: [['name', 'ascending']] }, limit: 1, skip: 1 };
    const copied = await world.task('POST', '/repositories/b/actions/associate/', { source_repo_id: 'a', criteria });
    expect(copied.result.units_successful).toMatchObject([{ type_id: 'iso', unit_key: { name: '2.iso' } }]);
    const removed = await world.task('POST', '/repositories/a/actions/unassociate/', { criteria });
    // All that matched are named, as in the original.
    expect(removed.result.units_successful).toHaveLength(2);
    expect(await namesIn('a')).toEqual(['1.iso']);
  });

  it('take everything without criteria, and nothing without a match', async () => {
    const none = await world.task('POST', '/repositories/a/actions/unassociate/', {
      criteria: { filters: { unit: { name: { $regex: '^nothing' } } } },
    });
    expect(none).toMatchObject({ state: 'finished', result: {} });
    await world.task('POST', '/repositories/a/actions/unassociate/', {});
    expect(await namesIn('a')).toEqual([]);
  });
});

describe('orphans', () => {
  it('go with their files, but for what something else has', async () => {
    await add('a', '1.iso', 'same bytes', {});
    await add('b', '2.iso', 'same bytes', {});
    await add('a', '3.iso', 'other bytes', {});
    const artifacts = () => world.services.database.query<{ sha256: string }>(sql`select sha256 from artifact`);
    expect(await artifacts()).toHaveLength(2);
    await world.task('POST', '/repositories/a/actions/unassociate/', {});
    const removed = await world.task('DELETE', '/content/orphans/');
    expect(removed).toMatchObject({ state: 'finished', result: { iso: 2 }, tags: ['pulp:content_unit:orphans'] });
    const [left, ...others] = await artifacts();
    expect(others).toEqual([]);
    expect(await world.services.store.exists(left?.sha256 ?? '')).toBe(true);
    expect(await world.services.store.exists(keyOf('', Buffer.from('other bytes')).checksum)).toBe(false);
    expect(await namesIn('b')).toEqual(['2.iso']);
  });
});

describe('long lists', () => {
  it('come whole, whatever their length', async () => {
    await world.services.database.execute(sql`
      insert into content (type, digest, attributes)
      select 'file.file', 'd' || i, jsonb_build_object('relative_path', 'f' || i, 'sha256', md5(i::text), 'size', i)
      from generate_series(1, 5000) i`);
    await world.services.database.execute(sql`
      insert into repository_content (repository_id, content_id, version_added)
      select repository.id, content.id, 0 from repository, content where repository.name = 'a'`);
    const all = await namesIn('a');
    expect(new Set(all).size).toBe(5000);
    const pages: string[] = [];
    for (let skip = 0; skip < 6000; skip += 2000) {
      const { body } = await world.call('POST', '/repositories/a/search/units/', { criteria: { limit: 2000, skip } });
      pages.push(...body.map(({ metadata }: { metadata: { name: string } }) => metadata.name));
    }
    expect(pages.sort()).toEqual(all);
    const { body: listed } = await world.call('GET', '/content/units/iso/');
    expect(listed).toHaveLength(5000);
  });
});
