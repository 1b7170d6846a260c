import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertPlainPath,
  type ManifestEntry,
  parseManifest,
  renderEntry,
} from '../../../../src/plugins/file/parse/manifest.ts';

const DIGEST = 'a'.repeat(64);

/** In pieces of `size` bytes, as a network would give it. */
async function* pieces(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const data = Buffer.from(text as string);
  for (let start = 0; start < data.length; start += size) yield data.subarray(start, start + size);
}

async function parse(text: string | Buffer, size = 7): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  for await (const entry of parseManifest(pieces(text, size))) entries.push(entry);
  return entries;
}

const failure = (text: string | Buffer) =>
  parse(text).then(
    () => 'parsed',
    (error: Error) => error.message,
  );

describe('reading a manifest', () => {
  it('takes both line ends, comments, blank lines and a last line without an end', async () => {
    const text = `# list\r\na.iso,${DIGEST},1\r\n\r\n  \nb/c.iso,${DIGEST},2\n# end\nd.iso,${DIGEST},3`;
    expect((await parse(text)).map((entry) => [entry.relative_path, entry.size])).toEqual([
      ['a.iso', 1],
      ['b/c.iso', 2],
      ['d.iso', 3],
    ]);
  });

  it('splits at the last two commas and makes digests small', async () => {
    const [entry] = await parse(`one, two,three.iso,${DIGEST.toUpperCase()},10\n`);
    expect(entry).toEqual({ relative_path: 'one, two,three.iso', sha256: DIGEST, size: 10 });
  });

  it('names the first bad line in the words of Pulp 3', async () => {
    expect(await failure(`# fine\na.iso,${DIGEST},1\nnonsense\n`)).toBe(
      'Error: Parsing of the manifest file failed on line:3.\n' +
        'Please make sure the remote URL is pointing to a valid manifest file.\n' +
        'The manifest file should be composed of lines in the following format: <relative_path>,<digest>,<size>.',
    );
  });

  it.each([
    ['too few commas', 'a.iso,10'],
    ['no hexadecimal digest', `a.iso,${'g'.repeat(64)},1`],
    ['short digest', 'a.iso,abc,1'],
    ['negative size', `a.iso,${DIGEST},-1`],
    ['size in words', `a.iso,${DIGEST},ten`],
    ['huge size', `a.iso,${DIGEST},${'9'.repeat(20)}`],
    ['no path', `,${DIGEST},1`],
    ['parent folder', `../a.iso,${DIGEST},1`],
    ['parent folder inside', `a/../../b.iso,${DIGEST},1`],
    ['absolute path', `/etc/passwd,${DIGEST},1`],
    ['empty segment', `a//b,${DIGEST},1`],
    ['NUL', `a\0b,${DIGEST},1`],
    ['backslashes', `..\\a.iso,${DIGEST},1`],
    ['encoded parent folder', `%2e%2e/a.iso,${DIGEST},1`],
    ['encoded slash', `..%2Fa.iso,${DIGEST},1`],
    ['encoded twice', `%252e%252e%252fa.iso,${DIGEST},1`],
    ['encoded NUL', `a%00.iso,${DIGEST},1`],
  ])('refuses a line with %s', async (_, line) => {
    expect(await failure(`b.iso,${DIGEST},1\n${line}\n`)).toContain('failed on line:2.');
  });

  it('refuses bytes that are not UTF-8', async () => {
    expect(await failure(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`,${DIGEST},1\n`)]))).toContain(
      'line:1.',
    );
  });

  it('stops reading a line that never ends', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (; given < 1000; given += 1) yield Buffer.alloc(1024, 'x');
    }
    const read = async () => {
      for await (const _ of parseManifest(endless())) throw new Error('There is no entry.');
    };
    await expect(read()).rejects.toThrow('failed on line:1.');
    expect(given).toBeLessThan(20);
  });

  it('gives back what was written, however it is cut into pieces', async () => {
    const path = fc
      .array(fc.stringMatching(/^[A-Za-z0-9 ,.%_äß-]{1,12}$/), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/'))
      .filter((text) => text.trim() === text && isPlain(text));
    const entry = fc.record({
      relative_path: path,
      sha256: fc.string().map((text) => createHash('sha256').update(text).digest('hex')),
      size: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry), fc.integer({ min: 1, max: 300 }), fc.boolean(), async (entries, size, dos) => {
        const lines = entries.map(renderEntry).join('');
        expect(await parse(dos ? lines.replaceAll('\n', '\r\n') : lines, size)).toEqual(entries);
      }),
    );
  });

  it('never lets a path out of its folder', async () => {
    const tricky = fc.array(fc.constantFrom('..', '.', '/', '%2e', '%2E', '%2f', '%25', '\\', 'a', '\0', ' '), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(tricky, async (parts) => {
        const path = parts.join('');
        const entries = await parse(`${path},${DIGEST},1\n`).catch(() => []);
        for (const { relative_path } of entries) {
          const segments = decodeAll(relative_path).split(/[\\/]/);
          expect(segments.some((segment) => segment === '..' || segment === '.' || segment === '')).toBe(false);
        }
      }),
    );
  });
});

function isPlain(path: string): boolean {
  try {
    assertPlainPath(path);
    return true;
  } catch {
    return false;
  }
}

function decodeAll(text: string): string {
  const decoded = text.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded === text ? text : decodeAll(decoded);
}
