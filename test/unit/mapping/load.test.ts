import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadMappings } from '../../../src/mapping/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'mappings-'));
afterAll(() => rmSync(folder, { recursive: true }));
cpSync(join(process.cwd(), 'mappings'), folder, { recursive: true });
const text = readFileSync(join(folder, 'iso.yaml'), 'utf8');
const lineOf = (part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

function loadChanged(from: string, to: string): void {
  expect(text).toContain(from);
  writeFileSync(join(folder, 'iso.yaml'), text.replace(from, to));
  loadMappings(folder);
}

describe('loadMappings', () => {
  it.each([
    [
      'transform: manifest_url',
      'transform: magic',
      /iso\.yaml:\d+: importer\.keys\.feed\.transform: must be equal to one of .*manifest_url/,
    ],
    ['family: iso', 'family: iso\nfamilly: iso', /iso\.yaml:\d+: familly: unknown key/],
    ['plugin: file\n', '', /the file: must have required property 'plugin'/],
    [
      'dropped: "the v3 rate_limit',
      'target: remote.rate_limit, dropped: "the v3 rate_limit',
      /importer\.keys\.max_speed\.target/,
    ],
    ['target: remote.ca_cert', 'target: remotes.ca_cert', /importer\.keys\.ssl_ca_cert\.target: must match pattern/],
    ['key: [name, checksum, size]', 'key: [name, colour]', /units\.iso: keys without target: colour/],
    ['family: iso', 'family: [iso', /iso\.yaml:\d+: /],
  ])('refuses %j → %j and says where', (from, to, message) => {
    expect(() => loadChanged(from, to)).toThrow(message);
  });

  it('names the line', () => {
    const line = lineOf('transform: manifest_url');
    expect(() => loadChanged('transform: manifest_url', 'transform: magic')).toThrow(`mappings/iso.yaml:${line}: `);
  });
});
