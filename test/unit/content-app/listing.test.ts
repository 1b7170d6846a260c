import { describe, expect, it } from 'vitest';
import { renderListing, renderSize } from '../../../src/content-app/listing.ts';

const blanks = (count: number) => ' '.repeat(count);

describe('listings, to the byte', () => {
  it('renders the root as golden/v3/11 "root listing"', () => {
    expect(renderListing('/pulp/content/', true, [{ name: 'golden/', added: null, size: null }])).toBe(
      '\n<html>\n<head><title>Index of /pulp/content/</title></head>\n<body bgcolor="white">\n' +
        '<h1>Index of /pulp/content/</h1>\n<hr><pre>\n' +
        `<a href="./golden/">golden/</a>${blanks(95)}\n</pre><hr></body>\n</html>`,
    );
  });

  it('renders a folder as golden/v3/11 "distribution listing"', () => {
    const added = '2026-01-05T08:09:59.123456Z';
    const page = renderListing('/pulp/content/golden/one/', false, [
      { name: '1.iso', added, size: 1024 },
      { name: 'PULP_MANIFEST', added, size: 228 },
    ]);
    expect(page).toContain(
      `<hr><pre><a href="../">../</a>\n<a href="./1.iso">1.iso</a>${blanks(95)}05-Jan-2026 08:09  1.0 kB\n` +
        `<a href="./PULP_MANIFEST">PULP_MANIFEST</a>${blanks(87)}05-Jan-2026 08:09  228 Bytes\n</pre><hr></body>\n</html>`,
    );
  });

  it('escapes names, and encodes links that would lead elsewhere', () => {
    const page = renderListing('/pulp/content/<b>/', false, [{ name: 'a&b <1>#?.iso', added: null, size: null }]);
    expect(page).toContain('Index of /pulp/content/&lt;b&gt;/');
    expect(page).toContain('<a href="./a&amp;b%20%3C1%3E%23%3F.iso">a&amp;b &lt;1&gt;#?.iso</a>');
  });

  it.each([
    [0, '0 Bytes'],
    [1, '1 Byte'],
    [999, '999 Bytes'],
    [1000, '1.0 kB'],
    [1_250_000, '1.3 MB'],
    [4_700_000_000, '4.7 GB'],
  ])('says %d as %s', (bytes, text) => {
    expect(renderSize(bytes)).toBe(text);
  });
});
