import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, defaultHome, parseConfig } from '../../../src/config/config.ts';
import { parseSettingsFile } from '../../../src/config/env.ts';
import { SettingError } from '../../../src/config/setting.ts';
import { describeSettings } from '../../../src/config/settings.ts';

function configOf(variables: Record<string, string>): Config {
  const raw = new Map(Object.entries(variables).map(([name, text]) => [name, { text, source: 'a test' }]));
  return parseConfig(raw, () => '/state', ['/usr/bin']);
}

describe('configuration', () => {
  it('is complete without any setting', () => {
    expect(configOf({})).toMatchObject({
      home: '/state',
      host: '127.0.0.1',
      port: 24817,
      databaseUrl: null,
      storage: '/state/storage',
      workingDirectory: '/state/work',
      workers: 2,
      contentOrigin: null,
      contentPathPrefix: '/pulp/content/',
      allowedContentChecksums: ['sha224', 'sha256', 'sha384', 'sha512'],
      allowedImportPaths: [],
      orphanProtectionTime: 1440,
      workerTtl: 30,
      remoteContentFetchFailureCooldown: 300,
      logLevel: 'info',
      searchPath: ['/usr/bin'],
    });
  });

  it('puts what is not set below the folder of state', () => {
    const config = configOf({ PULP_HOME: '/srv/pulp', PULP_STORAGE: '/srv/artifacts' });
    expect(config).toMatchObject({
      home: '/srv/pulp',
      storage: '/srv/artifacts',
      workingDirectory: '/srv/pulp/work',
    });
  });

  it('takes URLs of PostgreSQL, also those of local sockets', () => {
    for (const url of [
      'postgres://host/pulp',
      'postgresql://me:secret@host:5433/pulp',
      'postgresql://me@/pulp?host=/run',
    ]) {
      expect(configOf({ PULP_DATABASE_URL: url }).databaseUrl).toBe(url);
    }
  });

  it('does not repeat a URL that may hold a password', () => {
    expect(() => configOf({ PULP_DATABASE_URL: 'postgers://me:secret@host/pulp' })).not.toThrow(/secret/);
  });

  it('keeps only scheme and host of an origin', () => {
    expect(configOf({ PULP_CONTENT_ORIGIN: 'https://packages.example.org/' }).contentOrigin).toBe(
      'https://packages.example.org',
    );
  });

  it.each([
    ['PULP_PORT', '70000', 'from 0 to 65535'],
    ['PULP_PORT', '80a', 'whole number'],
    ['PULP_WORKERS', '-1', 'whole number'],
    ['PULP_CONTENT_ORIGIN', 'https://packages.example.org/sub', 'scheme and host'],
    ['PULP_CONTENT_ORIGIN', 'packages.example.org', 'scheme and host'],
    ['PULP_HOME', 's3://bucket', 'must be a folder'],
    ['PULP_WORKING_DIRECTORY', 'file:///tmp', 'must be a folder'],
    ['PULP_DATABASE_URL', 'mysql://host/pulp', 'must be a URL such as postgresql://'],
    ['PULP_DATABASE_URL', 'pulp', 'must be a URL such as postgresql://'],
    ['PULP_CONTENT_PATH_PREFIX', 'pulp/content', 'starts and ends'],
    ['PULP_CONTENT_PATH_PREFIX', '/', 'starts and ends'],
    ['PULP_CONTENT_PATH_PREFIX', '/con tent?/', 'starts and ends'],
    ['PULP_CONTENT_PATH_PREFIX', '/pulp/', 'must leave /pulp/api/'],
    ['PULP_CONTENT_PATH_PREFIX', '/pulp/api/v3/', 'must leave /pulp/api/'],
    ['PULP_ALLOWED_CONTENT_CHECKSUMS', 'sha512', 'must contain sha256'],
    ['PULP_ALLOWED_CONTENT_CHECKSUMS', 'sha256,crc32', 'crc32'],
    ['PULP_ALLOWED_IMPORT_PATHS', '/srv,relative', 'relative'],
    ['PULP_STORAGE', 's3://bucket/prefix', 'must be a folder'],
    ['PULP_LOG_LEVEL', 'loud', 'one of silent'],
    ['PULP_TLS_CERT_FILE', '/cert.pem', 'PULP_TLS_KEY_FILE'],
  ])('refuses %s=%s and says why', (variable, text, why) => {
    expect(() => configOf({ [variable]: text })).toThrow(SettingError);
    expect(() => configOf({ [variable]: text })).toThrow(why);
    expect(() => configOf({ [variable]: text })).toThrow(variable);
  });
});

describe('the folder of state', () => {
  it('is var in the project, or one of the user where the project cannot be written', () => {
    const root = mkdtempSync(join(tmpdir(), 'pulp-gateway-root-'));
    expect(defaultHome(root, '/state')).toBe(join(root, 'var'));
    rmSync(root, { recursive: true });
    expect(defaultHome('/proc/self/nowhere', '/state')).toBe('/state/pulp-gateway');
  });
});

describe('the settings file', () => {
  it('takes names with and without prefix, plain values and lists', () => {
    const raw = parseSettingsFile('port: 8080\nPULP_HOST: "::"\nallowed_import_paths: [/a, /b]\n', 'file.yaml');
    expect(Object.fromEntries([...raw].map(([name, { text }]) => [name, text]))).toEqual({
      PULP_PORT: '8080',
      PULP_HOST: '::',
      PULP_ALLOWED_IMPORT_PATHS: '/a,/b',
    });
  });

  it('may be empty', () => {
    expect(parseSettingsFile('', 'file.yaml').size).toBe(0);
  });

  it.each(['- a\n', 'a: {b: 1}\n', 'a: [[1]]\n', 'a: [1', 'just text'])('is refused when it is %j', (yaml) => {
    expect(() => parseSettingsFile(yaml, 'file.yaml')).toThrow(SettingError);
  });
});

it('describes every setting once', () => {
  const described = describeSettings();
  expect(new Set(described.map(({ variable }) => variable)).size).toBe(described.length);
  expect(described.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
});
