import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentRange, parseRange } from '../../../../src/platform/http/range.ts';

describe('ranges', () => {
  it.each([
    [undefined, { kind: 'whole' }],
    ['bytes=0-9', { kind: 'part', start: 0, end: 9 }],
    ['bytes=1000-', { kind: 'part', start: 1000, end: 1023 }],
    ['bytes=-4', { kind: 'part', start: 1020, end: 1023 }],
    ['bytes=-5000', { kind: 'part', start: 0, end: 1023 }],
    ['bytes=1020-5000', { kind: 'part', start: 1020, end: 1023 }],
    ['bytes=99999-', { kind: 'unsatisfiable' }],
    ['bytes=1024-1024', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=0-1,4-5', { kind: 'unacceptable' }],
    ['bytes=-', { kind: 'unacceptable' }],
    ['bytes=5-4', { kind: 'unacceptable' }],
    ['bytes=a-b', { kind: 'unacceptable' }],
    ['bytes=-1-2', { kind: 'unacceptable' }],
    ['items=0-1', { kind: 'unacceptable' }],
    ['', { kind: 'unacceptable' }],
  ])('of 1024 bytes: %s', (header, result) => {
    expect(parseRange(header, 1024)).toEqual(result);
  });

  it('of nothing cannot be satisfied', () => {
    for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-1']) {
      expect(parseRange(header, 0)).toEqual({ kind: 'unsatisfiable' });
    }
  });

  it('agree with slices of the bytes', () => {
    const bound = fc.option(fc.nat(50), { nil: undefined });
    fc.assert(
      fc.property(bound, bound, fc.nat(40), (first, last, size) => {
        fc.pre(first !== undefined || last !== undefined);
        const bytes = Array.from({ length: size }, (_, index) => index);
        const range = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        const wanted =
          first === undefined
            ? bytes.slice(Math.max(0, size - (last ?? 0)))
            : bytes.slice(first, last === undefined ? undefined : last + 1);
        const got = range.kind === 'part' ? bytes.slice(range.start, range.end + 1) : [];
        expect(got).toEqual(wanted);
        expect(range.kind === 'part').toBe(wanted.length > 0);
        if (range.kind === 'part') expect(bytes[range.end]).toBe(range.end);
      }),
    );
  });

  it('print as Content-Range', () => {
    expect(contentRange({ start: 0, end: 9 }, 1024)).toBe('bytes 0-9/1024');
    expect(contentRange(null, 1024)).toBe('bytes */1024');
  });
});
