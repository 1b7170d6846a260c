import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { V2Error } from '../../../compat-v2/errors.ts';
import type { BodyMode } from '../../../compat-v2/operation.ts';
import { readBody } from '../../../compat-v2/wire/body.ts';
import { dumpJson } from '../../../compat-v2/wire/json.ts';
import { pyNames, pyRepr, pyStr, pyType } from '../../../compat-v2/wire/python.ts';

describe('JSON of v2', () => {
  it('has separators with a space and only ASCII', () => {
    expect(dumpJson({ a: [1, 'é', null], b: { c: true } })).toBe('{"a": [1, "\\u00e9", null], "b": {"c": true}}');
    expect(dumpJson('😀')).toBe('"\\ud83d\\ude00"');
    expect(dumpJson({ a: undefined, b: [] })).toBe('{"b": []}');
  });

  it('says what any other JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = dumpJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe('texts of Python', () => {
  it.each([
    ['a', "u'a'"],
    ["it's", 'u"it\'s"'],
    ['é\n', "u'\\xe9\\n'"],
    ['–', "u'\\u2013'"],
    [null, 'None'],
    [true, 'True'],
    [[1, 'a'], "[1, u'a']"],
    [{ a: 1.5 }, "{u'a': 1.5}"],
  ])('prints %j as %s', (value, text) => {
    expect(pyRepr(value)).toBe(text);
  });

  it('prints texts plainly where the original did', () => {
    expect(pyStr('a')).toBe('a');
    expect(pyStr(['a'])).toBe("[u'a']");
    expect(pyNames(['a', 'b'], false)).toBe("['a', 'b']");
    expect(pyNames(['a'], true)).toBe("[u'a']");
  });

  it('names types', () => {
    expect([null, 1, 1.5, 'a', [], {}, false].map(pyType)).toEqual([
      'NoneType',
      'int',
      'float',
      'unicode',
      'list',
      'dict',
      'bool',
    ]);
  });
});

describe('bodies', () => {
  const read = (text: string | Buffer, mode: BodyMode) =>
    readBody(Readable.from(text.length === 0 ? [] : [Buffer.from(text as string)]) as unknown as IncomingMessage, mode);
  const codeOf = async (text: string | Buffer, mode: BodyMode) => {
    const error = await read(text, mode).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return error instanceof V2Error ? error.document.code : error;
  };

  it('are objects where objects are wanted', async () => {
    expect(await read('{"a": 1}', 'object')).toEqual({ body: { a: 1 }, json: { a: 1 } });
    expect(await codeOf('', 'object')).toBe('PLP1009');
    expect(await codeOf('{"a": ', 'object')).toBe('PLP1009');
    expect(await codeOf(Buffer.from([0x22, 0xff, 0x22]), 'object')).toBe('PLP1009');
    for (const other of ['[]', 'null', '1', '"x"']) expect(await codeOf(other, 'object')).toBe('PLP1015');
  });

  it('may be empty where that means an empty object, but null is not empty', async () => {
    expect(await read('', 'optionalObject')).toEqual({ body: {}, json: undefined });
    expect(await codeOf('null', 'optionalObject')).toBe('PLP1015');
  });

  it('are any JSON where that is wanted', async () => {
    expect((await read('[1]', 'json')).json).toEqual([1]);
    expect(await codeOf('', 'json')).toBe('PLP1009');
    expect((await read('', 'optionalJson')).json).toBeUndefined();
  });

  it.each(['{"a": "\\u0000"}', '{"\\u0000": 1}', '{"a": [{"b": "\\ud800"}]}', '"\\udc00x"'])(
    'never hold text that the database cannot: %s',
    async (text) => {
      expect(await codeOf(text, 'json')).toBe('PLP0019');
    },
  );

  it('are refused without much ado when they are nested deep', async () => {
    const started = performance.now();
    for (const text of ['['.repeat(2_000_000), '{"a":'.repeat(1000), `${'['.repeat(201)}${']'.repeat(201)}`]) {
      expect(await codeOf(text, 'json')).toBe('PLP1009');
    }
    expect(performance.now() - started).toBeLessThan(500);
  });

  it.each(['[['.repeat(100) + ']]'.repeat(100), '[[],{}]', JSON.stringify(`\\"${'['.repeat(500)}`)])(
    'may be nested, and hold brackets in texts: %.20s',
    async (text) => {
      expect((await read(text, 'json')).json).toEqual(JSON.parse(text));
    },
  );

  it('may hold what only looks like it', async () => {
    expect((await read('{"a": "\\\\u0000 \\ud83d\\ude00"}', 'json')).json).toEqual({ a: '\\u0000 😀' });
  });
});
