import { describe, expect, it } from 'vitest';
import { contentTypeOf } from '../../../../src/platform/http/mime.ts';

describe('content types', () => {
  it.each([
    ['1.iso', 'application/octet-stream'],
    ['PULP_MANIFEST', 'application/octet-stream'],
    ['Packages/bear-4.1-1.noarch.RPM', 'application/x-rpm'],
    ['repodata/repomd.xml', 'text/xml'],
    ['repodata/primary.xml.gz', 'application/gzip'],
    ['.json', 'application/octet-stream'],
    ['folder.txt/file', 'application/octet-stream'],
    ['', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
  ])('%s: %s', (path, type) => {
    expect(contentTypeOf(path)).toBe(type);
  });
});
