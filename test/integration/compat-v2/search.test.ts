import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDistribution } from '../../../src/core/distribution/transactor.ts';
import { createRepository } from '../../../src/core/repository/transactor.ts';
import { createV2World, type V2World } from '../../support/v2-world.ts';

let world: V2World;

beforeAll(async () => {
  world = await createV2World();
  for (const [id, config] of Object.entries(CONFIGS)) {
    const distributors = [
      {
        distributor_id: 'd',
        distributor_type_id: 'iso_distributor',
        distributor_config: config,
        auto_publish: id === 'same',
      },
    ];
    await world.call('POST', '/repositories/', {
      id,
      importer_type_id: 'iso_importer',
      importer_config: {},
      distributors,
    });
  }
  await world.services.database.transaction(async (tx) => {
    const { id } = await createRepository(tx, {
      ...{ type: 'file.file', name: 'of-v3', description: null, labels: {}, remote_id: null, data: {} },
      ...{ retain_repo_versions: null, retain_checkpoints: null },
    });
    await createDistribution(tx, { type: 'file.file', name: 'v3-dist', base_path: 'v3/path', repository_id: id });
  });
});

afterAll(() => world.close());

/** Configs whose stored form differs from what is shown in every way there is. */
const CONFIGS: Record<string, object> = {
  plain: {},
  same: { relative_url: 'same', serve_http: true },
  other: { relative_url: 'some/where', serve_https: true, colour: { shade: ['red', 'blue'] } },
  slashes: { relative_url: 'a/place/', ssl_auth_ca_cert: null },
};

async function distributors(filters: object): Promise<string[]> {
  const { status, body } = await world.call('POST', '/distributors/search/', { criteria: { filters } });
  expect(status).toBe(200);
  return body.map(({ repo_id }: { repo_id: string }) => repo_id).sort();
}

describe('searches of distributors', () => {
  it('find each by every member of the config that it shows', async () => {
    const { body } = await world.call('POST', '/distributors/search/', { criteria: {} });
    expect(body).toHaveLength(5);
    for (const { repo_id, config } of body) {
      expect(await distributors({ repo_id, config })).toEqual([repo_id]);
      for (const [name, value] of Object.entries(config)) {
        expect(await distributors({ repo_id, [`config.${name}`]: value })).toEqual([repo_id]);
        expect(await distributors({ repo_id, [`config.${name}`]: { $exists: false } })).toEqual([]);
      }
    }
  });

  it('see those that v3 made', async () => {
    expect(await distributors({ 'config.relative_url': 'v3/path' })).toEqual(['of-v3']);
    expect(await distributors({ id: 'v3-dist', distributor_type_id: 'iso_distributor' })).toEqual(['of-v3']);
  });

  it('compare booleans and dates', async () => {
    expect(await distributors({ auto_publish: true })).toEqual(['same']);
    expect(await distributors({ last_publish: null })).toHaveLength(5);
    expect(await distributors({ last_updated: { $gt: { $date: '2020-01-01' } } })).toHaveLength(5);
    expect(await distributors({ last_updated: { $gt: '2020-01-01' } })).toEqual([]);
    expect(await distributors({ 'config.colour.shade': 'blue' })).toEqual(['other']);
  });
});

describe('searches of repositories', () => {
  it('see those that v3 made, with the defaults that are shown', async () => {
    const { body } = await world.call('POST', '/repositories/search/', {
      criteria: { filters: { notes: { '_repo-type': 'iso-repo' }, display_name: 'of-v3', scratchpad: {} } },
      details: true,
    });
    expect(body).toMatchObject([{ id: 'of-v3', distributors: [{ id: 'v3-dist' }], importers: [] }]);
    const { body: again } = await world.call('POST', '/repositories/search/', {
      criteria: { filters: { _id: { $in: [body[0]._id.$oid] } } },
    });
    expect(again.map(({ id }: { id: string }) => id)).toEqual(['of-v3']);
  });

  it('page in the order of creation', async () => {
    const pages: string[] = [];
    for (let skip = 0; skip < 6; skip += 2) {
      const { body } = await world.call('POST', '/repositories/search/', { criteria: { limit: 2, skip } });
      pages.push(...body.map(({ id }: { id: string }) => id));
    }
    expect(pages).toEqual(['plain', 'same', 'other', 'slashes', 'of-v3']);
  });

  it('are for those who may', async () => {
    const authorization = `Basic ${Buffer.from('bob:bob').toString('base64')}`;
    const url = `${world.url}/pulp/api/v2/repositories/search/`;
    const response = await fetch(url, { method: 'POST', headers: { authorization }, body: '{"criteria": {}}' });
    expect(response.status).toBe(401);
  });
});
