import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createV2World, type V2World } from '../../support/v2-world.ts';

let world: V2World;

beforeAll(async () => {
  world = await createV2World();
  await world.call('POST', '/repositories/', {
    id: 'r',
    importer_type_id: 'iso_importer',
    distributors: [{ distributor_id: 'd', distributor_type_id: 'iso_distributor' }],
  });
  await world.call('POST', '/repositories/', { id: 'fed', importer_type_id: 'iso_importer' });
});

afterAll(() => world.close());

const LONG = 'x'.repeat(10_000);
const ODD: unknown[] = [
  ...[null, true, 5, 1.5, 2 ** 31, '', 'a b', '../x', 'x\u0000', '\ud800', LONG, [], ['x'], {}],
  ...[{ $where: '1' }, { toString: 'x' }, { $date: '0000-01-01T00:00:00Z' }],
];

/** Never a 500, and every JSON 4xx is an error document that pulp-admin can read. */
function expectClean({ status, body }: { status: number; body: unknown }): void {
  expect(status).toBeLessThan(500);
  if (status < 400) return;
  expect(body).toMatchObject({ http_status: status, error: { code: expect.stringMatching(/^PLP\d{4}$/) } });
  if (status === 404) expect(body).toHaveProperty('resources');
}

describe('odd values', () => {
  const fields: [string, string, (value: unknown) => unknown][] = [
    ['POST', '/repositories/', (id) => ({ id })],
    ['POST', '/repositories/', (notes) => ({ id: 'n', notes })],
    ['POST', '/repositories/', (importer_type_id) => ({ id: 'i', importer_type_id })],
    ['POST', '/repositories/', (importer_config) => ({ id: 'c', importer_type_id: 'iso_importer', importer_config })],
    ['POST', '/repositories/', (feed) => ({ id: 'f', importer_type_id: 'iso_importer', importer_config: { feed } })],
    ['POST', '/repositories/', (distributors) => ({ id: 'd', distributors })],
    ['PUT', '/repositories/r/', (delta) => ({ delta })],
    ['PUT', '/repositories/r/', (notes) => ({ delta: { notes } })],
    ['PUT', '/repositories/r/', (display_name) => ({ delta: { display_name } })],
    ['PUT', '/repositories/r/', (importer_config) => ({ importer_config })],
    ['PUT', '/repositories/r/', (distributor_configs) => ({ distributor_configs })],
    ['POST', '/repositories/r/importers/', (importer_type_id) => ({ importer_type_id })],
    ['PUT', '/repositories/r/importers/iso_importer/', (importer_config) => ({ importer_config })],
    ['POST', '/repositories/r/distributors/', (distributor_type_id) => ({ distributor_type_id })],
    [
      'POST',
      '/repositories/r/distributors/',
      (distributor_id) => ({ distributor_id, distributor_type_id: 'iso_distributor' }),
    ],
    [
      'POST',
      '/repositories/r/distributors/',
      (relative_url) => ({ distributor_type_id: 'iso_distributor', distributor_config: { relative_url } }),
    ],
    ['PUT', '/repositories/fed/', (max_downloads) => ({ importer_config: { feed: 'http://h/', max_downloads } })],
    ['PUT', '/repositories/fed/', (validate) => ({ importer_config: { feed: 'http://h/', validate } })],
    ['PUT', '/repositories/r/distributors/d/', (delta) => ({ delta })],
    ['POST', '/repositories/r/actions/sync/', (override_config) => ({ override_config })],
    ['POST', '/repositories/r/actions/publish/', (id) => ({ id })],
    ['POST', '/repositories/r/actions/download/', (verify_all_units) => ({ verify_all_units })],
    ['POST', '/repositories/r/importers/iso_importer/schedules/sync/', (schedule) => ({ schedule })],
    [
      'POST',
      '/repositories/r/importers/iso_importer/schedules/sync/',
      (failure_threshold) => ({ schedule: 'P1D', failure_threshold }),
    ],
    ['POST', '/repositories/search/', (direction) => ({ criteria: { sort: [['id', direction]] } })],
    ['POST', '/repositories/search/', (importers) => ({ criteria: {}, importers })],
    ['POST', '/repositories/search/', (date) => ({ criteria: { filters: { last_unit_added: { $gt: date } } } })],
    ['POST', '/content/units/iso/search/', (include_repos) => ({ criteria: {}, include_repos })],
    [
      'POST',
      '/repositories/r/importers/iso_importer/schedules/sync/',
      (k) => ({ schedule: 'P1D', override_config: k }),
    ],
  ];

  it.each(fields)('%s %s never breaks it', async (method, path, bodyOf) => {
    for (const value of ODD) expectClean(await world.call(method, path, bodyOf(value)));
  });

  it('fail only the tasks they end up in', async () => {
    await world.drain();
    const { status, body } = await world.call('GET', '/tasks/');
    expect(status).toBe(200);
    for (const { state, error, traceback } of body) {
      if (state === 'finished') continue;
      expect(state).toBe('error');
      expect(error.code).toMatch(/^PLP\d{4}$/);
      expect(traceback).not.toMatch(/\.ts|node_modules|at /);
    }
  });

  it.each([
    'R99999999999/PT1H',
    'R1/P9000Y',
    '0000-01-01T00:00:00Z/P1D',
    '9999-12-31T23:59:59-23:59/P1D',
    '2020-01-01T00:00:00Z/P9000Y',
  ])('are refused as schedules: %s', async (schedule) => {
    const path = '/repositories/r/importers/iso_importer/schedules/sync/';
    expect(await world.call('POST', path, { schedule })).toMatchObject({
      status: 400,
      body: { property_names: ['schedule'] },
    });
  });

  it.each(['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', '0001-01-01T00:00:00%2B23:59', '2020-01-01'])(
    'are refused as bounds of a history: %s',
    async (date) => {
      const { status, body } = await world.call('GET', `/repositories/r/history/sync/?start_date=${date}&end_date=x`);
      expect(status).toBe(400);
      expect(body.property_names).toEqual(['start_date', 'end_date']);
    },
  );

  it.each(['%00', '%ff', '..%2f..', LONG, '%F0%9F%98%80', "'", '%'])('are fine in paths: %.20s', async (id) => {
    expectClean(await world.call('GET', `/repositories/${id}/`));
    expectClean(await world.call('GET', `/repositories/r/importers/${id}/`));
    expectClean(await world.call('GET', `/repositories/r/importers/iso_importer/schedules/sync/${id}/`));
  });
});

describe('accounts', () => {
  it('without rights get a 401 that says so', async () => {
    const authorization = `Basic ${Buffer.from('bob:bob').toString('base64')}`;
    const response = await fetch(`${world.url}/pulp/api/v2/repositories/r/`, {
      method: 'DELETE',
      headers: { authorization },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(await response.json()).toMatchObject({
      auth_error_code: 'permission_denied',
      error: { code: 'PLP0026', data: { user: 'bob', operation: 'DELETE' } },
    });
  });

  it('never see a secret', async () => {
    const config = {
      feed: 'http://u:feed-secret@h/',
      proxy_host: 'p',
      proxy_username: 'u',
      proxy_password: 'proxy-secret',
    };
    await world.call('POST', '/repositories/', {
      id: 'secret',
      importer_type_id: 'iso_importer',
      importer_config: config,
    });
    const report = await world.task('PUT', '/repositories/secret/importers/iso_importer/', {
      importer_config: { ...config, ssl_client_key: 'key-secret', ssl_client_cert: 'C' },
    });
    const { body } = await world.call('GET', '/repositories/secret/?details=true');
    for (const shown of [report, body]) {
      expect(JSON.stringify(shown)).not.toMatch(/(feed|proxy)-secret/);
      expect(JSON.stringify(shown)).toContain('*****');
    }
    // The original shows private keys with the importer; tasks are stored in clear.
    expect(JSON.stringify(body)).toContain('key-secret');
    expect(JSON.stringify(report)).not.toContain('key-secret');
  });
});
