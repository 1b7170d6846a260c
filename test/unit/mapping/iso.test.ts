import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeMapping } from '../../../src/mapping/describe.ts';
import { distributorToPublisher, publisherToDistributor } from '../../../src/mapping/distributor.ts';
import {
  importerToRemote,
  normaliseImporterConfig,
  remoteChanges,
  remoteToImporter,
} from '../../../src/mapping/importer.ts';
import { loadMappings } from '../../../src/mapping/load.ts';
import { contentToUnit, contentToUnitKey, unitToContent } from '../../../src/mapping/unit.ts';

const mappings = loadMappings(join(process.cwd(), 'mappings'));
const iso = mappings.family('iso');
const distributor = mappings.byDistributor('iso_distributor')?.distributor;
const unit = mappings.byUnit('iso')?.unit;
if (!iso || !distributor || !unit) throw new Error('mappings/iso.yaml lacks a part');
const { importer } = iso;

const texts = fc.oneof(fc.string(), fc.constantFrom('true', 'False', '7', ' 7', '0', '', 'x/y', '//x//'));
const values = fc.oneof(
  texts,
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.constant(null),
  fc.dictionary(fc.string(), fc.integer()),
);
const feeds = fc.oneof(
  texts,
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.constantFrom(
    'http://h',
    'http://h/a/PULP_MANIFEST',
    'http://u:p%40@h/a?t=1',
    'file:///srv/a/',
    'http://h/PULP_MANIFEST/',
  ),
);
const names = Object.keys(importer.keys).filter((name) => name !== 'feed');
const configs = fc
  .tuple(fc.option(feeds, { nil: undefined }), fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), values))
  .map(([feed, others]): Record<string, unknown> => (feed === undefined ? others : { ...others, feed }));

describe('iso_importer ⇄ remote', () => {
  it('gives back whatever config a v2 client stored', () => {
    fc.assert(
      fc.property(configs, (config) => {
        const { remote, kept } = importerToRemote(importer, config);
        const stored = JSON.parse(JSON.stringify(kept));
        expect(JSON.parse(JSON.stringify(remoteToImporter(importer, remote, stored)))).toEqual(
          JSON.parse(JSON.stringify(normaliseImporterConfig(config))),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['http://h/f', 'http://h/f/PULP_MANIFEST', 'http://h/f'],
    ['http://h/f/', 'http://h/f/PULP_MANIFEST', 'http://h/f/'],
    ['http://h/f/PULP_MANIFEST', 'http://h/f/PULP_MANIFEST', 'http://h/f/PULP_MANIFEST'],
    ['http://h/f/?token=a/b', 'http://h/f/PULP_MANIFEST?token=a/b', 'http://h/f/?token=a/b'],
    ['http://h', 'http://h/PULP_MANIFEST', 'http://h'],
    ['file:///srv/f', 'file:///srv/f/PULP_MANIFEST', 'file:///srv/f'],
  ])('feed %s is url %s', (feed, url, back) => {
    const { remote, kept } = importerToRemote(importer, { feed });
    expect(remote?.url).toBe(url);
    expect(remoteToImporter(importer, remote, kept)).toEqual({ feed: back });
  });

  it('moves credentials out of the feed, decoded, in place of others', () => {
    const { remote, kept } = importerToRemote(importer, { feed: 'https://us%40er:p%3Aw@h:81/f/' });
    expect(remote).toMatchObject({ url: 'https://h:81/f/PULP_MANIFEST', username: 'us@er', password: 'p:w' });
    expect(JSON.stringify(kept)).not.toContain('p:w');
    const given = { feed: 'https://a:b@h/', basic_auth_username: 'c', basic_auth_password: 'd' };
    expect(importerToRemote(importer, given).remote).toMatchObject({ username: 'a', password: 'b' });
  });

  it.each([
    [{ proxy_host: 'http://p', proxy_port: 3128 }, 'http://p:3128'],
    [{ proxy_host: 'p', proxy_port: '3128' }, 'http://p:3128'],
    [{ proxy_host: 'http://p/' }, 'http://p'],
    [{ proxy_host: 'https://p:1', proxy_port: 2 }, 'https://p:2'],
  ])('proxy %j is %s', (proxy, url) => {
    const { remote, kept } = importerToRemote(importer, { feed: 'http://h/', ...proxy });
    expect(remote?.proxy_url).toBe(url);
    expect(remoteToImporter(importer, remote, kept)).toEqual({ feed: 'http://h/', ...proxy });
  });

  it('shows background until the policy is changed through v3', () => {
    const { remote, kept } = importerToRemote(importer, { feed: 'http://h/', download_policy: 'background' });
    expect(remote?.policy).toBe('on_demand');
    expect(remoteToImporter(importer, remote, kept).download_policy).toBe('background');
    expect(remoteToImporter(importer, { ...remote, policy: 'streamed' }, kept).download_policy).toBe('streamed');
    expect(remoteToImporter(importer, { ...remote, policy: 'immediate' }, kept)).toEqual({ feed: 'http://h/' });
  });

  it('says which keys have no effect, unknown ones and unusable values too', () => {
    const { dropped } = importerToRemote(importer, { feed: 'http://h/', max_speed: 5, whim: 1, max_downloads: 'many' });
    expect(dropped.map(({ key }) => key).sort()).toEqual(['max_downloads', 'max_speed', 'whim']);
  });

  it('has no remote without a feed, and loses nothing', () => {
    const { remote, kept } = importerToRemote(importer, { max_downloads: 3 });
    expect(remote).toBeNull();
    expect(remoteToImporter(importer, null, kept)).toEqual({ max_downloads: 3 });
  });

  it('writes only the fields whose keys changed', () => {
    const remote = { url: 'http://h/OTHER_NAME', policy: 'streamed', tls_validation: true, proxy_url: 'http://p:1' };
    const before = remoteToImporter(importer, remote, {});
    expect(before).toEqual({
      feed: 'http://h/OTHER_NAME',
      download_policy: 'streamed',
      proxy_host: 'http://p',
      proxy_port: 1,
    });
    expect(remoteChanges(importer, before, { ...before, max_downloads: 4 })).toEqual({ download_concurrency: 4 });
    expect(remoteChanges(importer, before, { ...before, proxy_port: 2 })).toEqual({ proxy_url: 'http://p:2' });
    const { proxy_host: _host, proxy_port: _port, ...without } = before;
    expect(remoteChanges(importer, before, without)).toEqual({ proxy_url: null });
  });
});

describe('iso_distributor ⇄ publisher and distribution', () => {
  const distributorConfigs = fc.dictionary(
    fc.oneof(fc.constantFrom(...Object.keys(distributor.keys ?? {})), fc.string()),
    values,
  );

  it('gives back whatever config a v2 client stored', () => {
    fc.assert(
      fc.property(distributorConfigs, fc.option(fc.constant('else/where'), { nil: undefined }), (config, basePath) => {
        const { distribution, kept } = distributorToPublisher(distributor, config, 'zoo', basePath);
        const stored = JSON.parse(JSON.stringify(kept));
        const present = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
        expect(JSON.parse(JSON.stringify(publisherToDistributor(distributor, distribution, stored, 'zoo')))).toEqual(
          JSON.parse(JSON.stringify(present)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [{}, 'zoo'],
    [{ relative_url: '/x/' }, 'x'],
    [{ relative_url: 'x//y' }, 'x/y'],
    [{ relative_url: '/' }, 'zoo'],
  ])('%j is served at %s', (config, basePath) => {
    const result = distributorToPublisher(distributor, config, 'zoo');
    expect(result.distribution.base_path).toBe(basePath);
    expect(result.publisher).toEqual({ type: 'file.file', data: { manifest: 'PULP_MANIFEST' } });
  });

  it('tells what is not served and what is guarded', () => {
    expect(distributorToPublisher(distributor, {}, 'zoo')).toMatchObject({ served: true, guarded: false });
    expect(distributorToPublisher(distributor, { serve_https: 'false', serve_http: false }, 'zoo').served).toBe(false);
    expect(distributorToPublisher(distributor, { ssl_auth_ca_cert: 'PEM' }, 'zoo').guarded).toBe(true);
  });

  it('follows a base path that was changed through v3', () => {
    const { kept } = distributorToPublisher(distributor, { relative_url: 'a/' }, 'zoo');
    expect(publisherToDistributor(distributor, { base_path: 'a' }, kept, 'zoo')).toEqual({ relative_url: 'a/' });
    expect(publisherToDistributor(distributor, { base_path: 'b' }, kept, 'zoo')).toEqual({ relative_url: 'b' });
  });
});

describe('iso ⇄ file.file', () => {
  it('maps the key both ways', () => {
    const key = { name: 'a/b.iso', checksum: 'ab', size: 5 };
    const { fields } = unitToContent(unit, { ...key, _id: 'x' });
    expect(fields).toEqual({ relative_path: 'a/b.iso', sha256: 'ab', size: 5 });
    expect(contentToUnit(unit, { ...fields, other: 1 })).toEqual(key);
    expect(contentToUnitKey(unit, { ...fields })).toEqual(key);
  });

  it('tells which part of the key is unusable', () => {
    expect(unitToContent(unit, { name: 5, checksum: 'ab' })).toMatchObject({
      fields: null,
      problem: 'no usable name, size',
    });
  });
});

describe('describeMapping', () => {
  it('has a row for every key', () => {
    const text = describeMapping(iso);
    for (const name of [...names, 'feed', 'relative_url', 'checksum']) expect(text).toContain(`| \`${name}\` |`);
  });
});
