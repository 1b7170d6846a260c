import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  artifactPath,
  assertRelativePath,
  encodeUrlPath,
  joinUrlPath,
  normaliseBasePath,
  PathError,
  tempPath,
  uploadPath,
  urlBeside,
} from '../../../../src/platform/storage/paths.ts';

const ID = '01914ad5-3c1f-7000-8000-0123456789ab';

/** Texts made of what attackers use, so that the accepted and the refused both occur often. */
const nasty = fc
  .array(fc.constantFrom('..', '.', '/', 'a', 'b.iso', '\\', '\0', '%2e', ' ', 'ü', '~', '\n'), { maxLength: 8 })
  .map((parts) => parts.join(''));

describe('paths on disk', () => {
  it('are made of digests', () => {
    expect(artifactPath(`ab${'0'.repeat(62)}`)).toBe(`artifact/ab/${'0'.repeat(62)}`);
  });

  it('are made of ids', () => {
    expect(tempPath(ID)).toBe(`tmp/files/${ID}`);
    expect(uploadPath(ID)).toBe(`upload/${ID}`);
  });

  it.each(['', 'ab', '../etc/passwd', `AB${'0'.repeat(62)}`, `${'0'.repeat(64)}\n`, '0'.repeat(65)])(
    'refuse %j as digest or id',
    (text) => {
      expect(() => artifactPath(text)).toThrow(PathError);
      expect(() => tempPath(text)).toThrow(PathError);
      expect(() => uploadPath(text)).toThrow(PathError);
    },
  );
});

describe('relative paths', () => {
  it.each(['a', 'a/b.iso', 'a b/ü', '..a', 'a..b', '...', '~root', 'C:x', '%2e%2e/a', '-rf'])('take %j', (text) => {
    expect(assertRelativePath(text)).toBe(text);
  });

  it.each([
    ['', 'is empty'],
    ['/a', 'is absolute'],
    ['a//b', 'has an empty segment'],
    ['a/', 'has an empty segment'],
    ['a/./b', 'has a segment "."'],
    ['..', 'has a segment ".."'],
    ['a/../../b', 'has a segment ".."'],
    ['a\0b', 'holds a control character'],
    ['a\nb', 'holds a control character'],
    ['a\u0085b', 'holds a control character'],
    ['..\\..\\a', 'holds a backslash'],
    ['a\ud800', 'is not valid Unicode'],
  ])('refuse %j: it %s', (text, reason) => {
    expect(() => assertRelativePath(text)).toThrow(new PathError(reason));
  });

  it('never lead out of, or name, the folder they are put in', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        let accepted: string;
        try {
          accepted = assertRelativePath(text);
        } catch {
          return;
        }
        expect(relative('/root/folder', join('/root/folder', accepted))).toBe(accepted);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('URL paths', () => {
  it('of distributions lose slashes around and doubled ones', () => {
    expect(normaliseBasePath('/a//b/c/')).toBe('a/b/c');
    expect(() => normaliseBasePath('/a/../b')).toThrow(PathError);
    expect(() => normaliseBasePath('//')).toThrow(PathError);
  });

  it('join with one slash', () => {
    expect(joinUrlPath('/pulp/content/', '/a/', 'b')).toBe('/pulp/content/a/b');
    expect(joinUrlPath('a', 'b/')).toBe('/a/b/');
    expect(joinUrlPath('', '/')).toBe('/');
    expect(joinUrlPath()).toBe('/');
  });

  it('encode what a URL would take for something else, and nothing else', () => {
    expect(encodeUrlPath('a b/ü?#%/x+y@1:2,3;4=5&$!*()')).toBe('a%20b/%C3%BC%3F%23%25/x+y@1:2,3;4=5&$!*()');
  });

  it('beside a document decode to the path that it named, in the folder of the document', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        fc.pre(!throws(() => assertRelativePath(text)));
        const url = new URL(urlBeside('https://user:word@host:8443/x/y/PULP_MANIFEST?token=1', text));
        expect(decodeURIComponent(url.pathname)).toBe(`/x/y/${text}`);
        expect(url.href).toMatch(/^https:\/\/user:word@host:8443\/x\/y\/.*\?token=1$/);
      }),
    );
  });

  it('beside a document in the root or a file', () => {
    expect(urlBeside('http://h', 'a')).toBe('http://h/a');
    expect(urlBeside('file:///mnt/x/PULP_MANIFEST', 'a b')).toBe('file:///mnt/x/a%20b');
  });
});

function throws(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
