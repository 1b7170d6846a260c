import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../src/content-app/target.ts';

const content = { prefix: '/pulp/content/', types: null };
const isos = { prefix: '/pulp/isos/', types: ['file.file'] };
const parse = (url: string) => parseTarget([content, isos], url);

describe('request lines', () => {
  it('finds the mount, and decodes the rest', () => {
    expect(parse('/pulp/content/a%2Fb/c%20d?x=1')).toEqual({
      mount: content,
      rawPath: '/pulp/content/a%2Fb/c%20d',
      path: 'a/b/c d',
    });
    expect(parse('/pulp/isos/')).toEqual({ mount: isos, rawPath: '/pulp/isos/', path: '' });
  });

  it.each(['/pulp/api/v3/status/', '/', '/pulp/contents/a', '/pulp/contentx'])('leaves %s to others', (url) => {
    expect(parse(url)).toBeNull();
  });

  it.each([
    '/pulp/content',
    '/pulp/content/a/../b',
    '/pulp/content/a/%2e%2e/b',
    '/pulp/content/..%2f..%2fetc/passwd',
    '/pulp/content/./a',
    '/pulp/content/a%00b',
    '/pulp/content/a%0ab',
    '/pulp/content/%',
    '/pulp/content/%ff',
    '/pulp/content//etc/passwd',
    '/pulp/content/%2fetc/passwd',
  ])('knows that nothing is at %s', (url) => {
    expect(parse(url)).toBe('nothing');
  });
});
