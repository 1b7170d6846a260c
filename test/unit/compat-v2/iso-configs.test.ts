import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../compat-v2/operation.ts';
import { refuseDistributorConfig } from '../../../compat-v2/plugins/iso/validate-distributor.ts';
import { refuseImporterConfig } from '../../../compat-v2/plugins/iso/validate-importer.ts';

const parameter = (name: string, rest: string) => `The configuration parameter <${name}> ${rest}`;

describe('iso_importer', () => {
  it.each<JsonObject>([
    {},
    { feed: 'http://h/', max_downloads: '3', max_speed: '1.5', validate: 'TRUE', remove_missing: false },
    { proxy_host: 'http://p', proxy_port: 3128, proxy_username: 'u', proxy_password: 'p' },
    { ssl_client_key: 'K', ssl_client_cert: 'C', ssl_ca_cert: 'A' },
    { download_policy: 'whatever', colour: { red: 1 } },
  ])('takes %j', (config) => {
    expect(refuseImporterConfig(config)).toBeNull();
  });

  it.each<[JsonObject, string]>([
    [{ feed: 5 }, '<feed> must be a string.'],
    [
      { max_downloads: 'lots' },
      parameter('max_downloads', 'must be set to a positive integer, but is currently set to <lots>.'),
    ],
    [
      { max_downloads: 1.5 },
      parameter('max_downloads', 'must be set to a positive integer, but is currently set to <1.5>.'),
    ],
    [
      { max_downloads: 0, max_speed: -1 },
      parameter('max_speed', 'must be set to a positive numerical value, but is currently set to <-1.0>.'),
    ],
    [
      { validate: 'maybe' },
      parameter('validate', 'may only be set to a boolean value, but is currently set to <maybe>.'),
    ],
    [
      { proxy_host: 'p', proxy_username: 'u' },
      parameter('proxy_username', 'requires the <proxy_password> parameter to also be set.'),
    ],
    [
      { proxy_port: 1 },
      parameter(
        'proxy_host',
        'is required when any of the following other parameters are defined: proxy_password, proxy_port, proxy_username.',
      ),
    ],
    [{ ssl_client_key: 'K' }, parameter('ssl_client_key', 'requires the <ssl_client_cert> parameter to also be set.')],
    [{ ssl_ca_cert: 5 }, parameter('ssl_ca_cert', "should be a string, but it was <type 'int'>.")],
    [{ proxy_username: 'u' }, parameter('proxy_username', 'requires the <proxy_password> parameter to also be set.')],
    [
      { proxy_password: 'p' },
      parameter(
        'proxy_host',
        'is required when any of the following other parameters are defined: proxy_password, proxy_port, proxy_username.',
      ),
    ],
    [
      { remove_missing: { toString: 'x' } },
      parameter('remove_missing', "may only be set to a boolean value, but is currently set to <{u'toString': u'x'}>."),
    ],
  ])('refuses %j', (config, text) => {
    expect(refuseImporterConfig(config)).toBe(text);
  });
});

describe('iso_distributor', () => {
  it.each<JsonObject>([
    {},
    { serve_http: 'true', serve_https: false, relative_url: 'a/b' },
    { relative_url: '', colour: 1 },
    { ssl_auth_ca_cert: '' },
  ])('takes %j', (config) => {
    expect(refuseDistributorConfig(config)).toBeNull();
  });

  it.each<JsonObject>([
    { serve_http: 'maybe' },
    { serve_https: 1 },
    { ssl_auth_ca_cert: 'no certificate' },
    { relative_url: 5 },
    { relative_url: '/a' },
    { relative_url: '../a' },
    { relative_url: 'a/../../b' },
    { relative_url: 'a\\b' },
    { relative_url: 'a\nb' },
    { relative_url: 'a'.repeat(5000) },
  ])('refuses %j', (config) => {
    expect(refuseDistributorConfig(config)).toEqual(expect.any(String));
  });
});
