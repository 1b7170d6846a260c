import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createV2World, type V2World } from '../../support/v2-world.ts';

let world: V2World;

beforeAll(async () => {
  world = await createV2World();
  await world.call('POST', '/repositories/', {
    id: 'r',
    notes: { '_repo-type': 'iso-repo' },
    importer_type_id: 'iso_importer',
    distributors: [{ distributor_id: 'd', distributor_type_id: 'iso_distributor' }],
  });
});

afterAll(() => world.close());

/** What a real Pulp 2.21 takes, or refuses, beside what was recorded. */
describe('notes and scratchpad', () => {
  it('null at creation is none', async () => {
    const { status, body } = await world.call('POST', '/repositories/', { id: 'n', notes: null, display_name: null });
    expect(status).toBe(201);
    expect(body).toMatchObject({ notes: {}, display_name: null });
  });

  it.each([{ 'a.b': 1 }, { $a: 1 }, { a: [{ 'b.c': 1 }] }])('%j cannot be notes', async (notes) => {
    const refused = { status: 400, body: { property_names: ['notes'] } };
    expect(await world.call('POST', '/repositories/', { id: 'dots', notes })).toMatchObject(refused);
    expect(await world.call('PUT', '/repositories/r/', { delta: { notes } })).toMatchObject(refused);
  });

  it('a scratchpad is an object, and empty when it is taken away', async () => {
    const change = async (scratchpad: unknown) => world.call('PUT', '/repositories/r/', { delta: { scratchpad } });
    expect((await change({ a: 1 })).body.result.scratchpad).toEqual({ a: 1 });
    expect(await change('text')).toMatchObject({ status: 400, body: { property_names: ['scratchpad'] } });
    expect((await change(null)).body.result.scratchpad).toEqual({});
  });
});

describe('configurations', () => {
  it('credentials in the feed win over those beside it', async () => {
    const importer_config = { feed: 'http://u:p@h/', basic_auth_username: 'other', basic_auth_password: 'other' };
    await world.call('PUT', '/repositories/r/', { importer_config });
    const { body } = await world.call('GET', '/repositories/r/importers/iso_importer/');
    expect(body.config).toMatchObject({ feed: 'http://h/', basic_auth_username: 'u' });
  });

  it('a count that no column holds is shown as it was sent', async () => {
    await world.call('PUT', '/repositories/r/', { importer_config: { max_downloads: 10 ** 12 } });
    const { body } = await world.call('GET', '/repositories/r/importers/iso_importer/');
    expect(body.config.max_downloads).toBe(10 ** 12);
  });

  it('null takes the overrides of a schedule away', async () => {
    const path = '/repositories/r/importers/iso_importer/schedules/sync/';
    const { body } = await world.call('POST', path, { schedule: 'P1D', override_config: { max_downloads: 2 } });
    const changed = await world.call('PUT', `${path}${body._id}/`, { override_config: null });
    expect(changed.body.kwargs.overrides).toEqual({});
  });

  it('no override is an override that is false', async () => {
    for (const override_config of [[], false, '', 0]) {
      expect((await world.call('POST', '/repositories/r/actions/sync/', { override_config })).status).toBe(202);
    }
  });
});

describe('criteria', () => {
  it('no type means all types', async () => {
    const found = await world.call('POST', '/repositories/r/search/units/', { criteria: { type_ids: [] } });
    expect(found).toEqual({ status: 200, body: [] });
    const { body } = await world.call('GET', '/repositories/r/search/units/?type_ids=rpm');
    expect(body).toEqual([]);
  });

  it('missing criteria are said before a missing repository', async () => {
    const { body } = await world.call('POST', '/repositories/none/search/units/', {});
    expect(body.missing_property_names).toEqual(['criteria']);
  });

  it('of repeated parameters the last counts', async () => {
    const { body } = await world.call('GET', '/repositories/r/?details=false&details=true');
    expect(body).toHaveProperty('importers');
    expect((await world.call('GET', '/repositories/search/?limit=x&limit=1')).status).toBe(200);
  });

  it('repo_id names a repository as id does', async () => {
    const criteria = { filters: { id: 'r' }, fields: ['repo_id'] };
    const { body } = await world.call('POST', '/repositories/search/', { criteria });
    expect(body).toMatchObject([{ id: 'r', _href: '/pulp/api/v2/repositories/r/' }]);
  });

  it('no fields are those that are always there', async () => {
    const { body } = await world.call('POST', '/repositories/search/', { criteria: { fields: [] } });
    expect(Object.keys(body[0]).sort()).toEqual(['_href', '_id', 'id']);
  });

  it('what is asked for beside them is taken by its truth', async () => {
    const body = { criteria: { filters: { id: 'r' } }, distributors: 1, importers: 'yes' };
    const found = await world.call('POST', '/repositories/search/', body);
    expect(found.body[0].distributors).toHaveLength(1);
    expect(found.body[0]).not.toHaveProperty('importers');
  });
});

describe('histories', () => {
  it.each(['limit=99999999999', 'sort=', 'start_date=20200101T000000Z', 'start_date=2020-01-01T00:00:00+02:00'])(
    'take ?%s',
    async (query) => {
      expect((await world.call('GET', `/repositories/r/history/sync/?${query}`)).status).toBe(200);
    },
  );
});

describe('bodies and headers', () => {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;

  it('a new upload may have a body, but one of JSON', async () => {
    const url = `${world.url}/pulp/api/v2/content/uploads/`;
    const post = (body: string) => fetch(url, { method: 'POST', headers: { authorization }, body });
    expect((await post('[]')).status).toBe(201);
    expect((await post('{')).status).toBe(400);
  });

  it('a known ETag may be one of several, weak, or a star', async () => {
    const url = `${world.url}/pulp/api/v2/repositories/r/`;
    const etag = (await fetch(url, { headers: { authorization } })).headers.get('etag') ?? '';
    for (const known of [etag, `"x", ${etag}`, `W/${etag}`, '*']) {
      const response = await fetch(url, { headers: { authorization, 'if-none-match': known } });
      expect(response.status).toBe(304);
    }
  });

  it('orphans of an unknown type fail their task', async () => {
    const units = [{ content_type_id: 'nope', unit_id: 'x' }];
    const { error } = await world.task('POST', '/content/actions/delete_orphans/', units);
    expect(error).toMatchObject({ code: 'PLP0009', data: { resources: { content_type_id: 'nope' } } });
  });
});
