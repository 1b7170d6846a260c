import { describe, expect, it } from 'vitest';
import { fileTag, judge } from '../../../src/content-app/conditional.ts';

const modified = new Date('2026-01-31T10:20:30.500Z');
const file = { sha256: '8'.repeat(64), size: 1024, modified, etag: fileTag(modified, 1024) };
const time = (shift: number) => new Date(modified.getTime() + shift * 1000).toUTCString();

describe('conditions and ranges, as golden/v3/11-content-app recorded them', () => {
  it('makes entity tags of 10 to 20 hexadecimal digits and the size', () => {
    expect(file.etag).toMatch(/^"[0-9a-f]{10,20}-400"$/);
  });

  it.each([
    ['nothing', {}, { kind: 'whole' }],
    ['a range', { range: 'bytes=0-9' }, { kind: 'part', start: 0, end: 9 }],
    ['a range at the end', { range: 'bytes=-4' }, { kind: 'part', start: 1020, end: 1023 }],
    ['a range beyond the end', { range: 'bytes=99999-' }, { kind: 'unsatisfiable' }],
    ['several ranges', { range: 'bytes=0-1,4-5' }, { kind: 'unacceptable_range' }],
    ['the tag given', { 'if-none-match': file.etag }, { kind: 'not_modified', tag: 'file' }],
    [
      'the tag given, weak, in a list',
      { 'if-none-match': `"x", W/${file.etag}` },
      { kind: 'not_modified', tag: 'file' },
    ],
    ['the digest as tag', { 'if-none-match': `"${file.sha256}"` }, { kind: 'not_modified', tag: 'digest' }],
    ['a star', { 'if-none-match': '*' }, { kind: 'not_modified', tag: 'file' }],
    ['another tag', { 'if-none-match': '"nope"' }, { kind: 'whole' }],
    ['another tag and its time', { 'if-none-match': '"nope"', 'if-modified-since': time(0) }, { kind: 'whole' }],
    ['its own time', { 'if-modified-since': time(0) }, { kind: 'not_modified', tag: 'digest' }],
    ['an earlier time', { 'if-modified-since': time(-1) }, { kind: 'whole' }],
    ['a broken time', { 'if-modified-since': 'yesterday' }, { kind: 'whole' }],
    ['if-match with another tag', { 'if-match': '"nope"' }, { kind: 'precondition_failed' }],
    ['if-match with its tag', { 'if-match': file.etag }, { kind: 'whole' }],
    ['if-match with a star', { 'if-match': '*' }, { kind: 'whole' }],
    ['unmodified since an earlier time', { 'if-unmodified-since': time(-5) }, { kind: 'precondition_failed' }],
    ['unmodified since its time', { 'if-unmodified-since': time(0) }, { kind: 'whole' }],
    ['if-range with a tag of nobody', { 'if-range': '"nope"', range: 'bytes=0-9' }, { kind: 'part', start: 0, end: 9 }],
    ['if-range with its tag', { 'if-range': file.etag, range: 'bytes=0-9' }, { kind: 'part', start: 0, end: 9 }],
    [
      'if-range with the tag of other bytes',
      { 'if-range': `"${'7'.repeat(64)}"`, range: 'bytes=0-9' },
      { kind: 'whole' },
    ],
    ['if-range with an earlier time', { 'if-range': time(-5), range: 'bytes=0-9' }, { kind: 'whole' }],
    ['if-range with its time', { 'if-range': time(0), range: 'bytes=0-9' }, { kind: 'part', start: 0, end: 9 }],
  ])('%s', (_, headers, verdict) => {
    expect(judge(headers, file)).toEqual(verdict);
  });
});
