import { describe, expect, it } from 'vitest';
import { translatePattern } from '../../../compat-v2/search/pattern.ts';
import { QueryRefused } from '../../../compat-v2/search/refusal.ts';

describe('regular expressions', () => {
  it.each([
    ['^r[0-8]', '', '^r[0-8]'],
    ['^R[01]$', 'i', '(?i)^R[01]$'],
    ['(?i)abc', '', '(?i)abc'],
    ['a.b', '', 'a[^\\n]b'],
    ['a.b', 's', 'a.b'],
    ['^a$', 'm', '(?w)^a$'],
    ['(?P<name>x)(?:y)(z)', '', '(?:x)(?:y)(?:z)'],
    ['\\bfoo\\B\\Z', '', '\\yfoo\\Y\\Z'],
    ['[^]a\\d_-]', '', '[^\\]a\\d_\\-]'],
    ['a{2,3}?b*?', '', 'a{2,3}b*'],
    ['a{b}', '', 'a\\{b\\}'],
    ['\\x41\\n\\.', '', 'A\\u000a\\.'],
    ['[[:alpha:]]+', '', '[[:alpha:]]+'],
    ['é|ß', '', 'é|ß'],
  ])('%j with %j', (pattern, options, expected) => {
    expect(translatePattern(pattern, options)).toBe(expected);
  });

  it.each([
    ['(a)\\1', 'back references'],
    ['(?=a)', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['(?>a+)b', 'look-around'],
    ['(?P=name)', 'look-around'],
    ['a**', 'multiple repeat'],
    ['*a', 'nothing to repeat'],
    ['^*', 'nothing to repeat'],
    ['(a', 'parenthesis'],
    ['a)', 'parenthesis'],
    ['[a', 'ends too early'],
    ['[z-a]', 'range'],
    ['a\\', 'ends too early'],
    ['\\p{L}', 'unknown escape'],
    ['a{1,256}', 'repetition'],
    ['((a{50}){50})', 'repeats too much'],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, 'too deep'],
    ['a'.repeat(5001), 'too long'],
  ])('refuses %j', (pattern, reason) => {
    expect(() => translatePattern(pattern, '')).toThrow(reason);
    expect(() => translatePattern(pattern, '')).toThrow(QueryRefused);
  });

  it('refuses unknown options', () => {
    expect(() => translatePattern('a', 'x')).toThrow('invalid flag');
  });
});
