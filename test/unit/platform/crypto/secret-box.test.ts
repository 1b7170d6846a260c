import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretBox, SecretBoxError } from '../../../../src/platform/crypto/secret-box.ts';

describe('secret box', () => {
  const box = createSecretBox(randomBytes(32));

  it('opens what it sealed, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => box.open(box.seal(text)) === text));
  });

  it('shows nothing of the text and never repeats itself', () => {
    expect(box.seal('password')).not.toContain('password');
    expect(box.seal('password')).not.toBe(box.seal('password'));
  });

  it('tells sealed from plain texts', () => {
    expect(box.isSealed(box.seal(''))).toBe(true);
    expect(box.isSealed('plain')).toBe(false);
  });

  it('refuses another key', () => {
    expect(() => createSecretBox(randomBytes(32)).open(box.seal('text'))).toThrow(SecretBoxError);
  });

  it('refuses a text that was changed at any place', () => {
    const sealed = box.seal('some text');
    const body = Buffer.from(sealed.slice(4), 'base64');
    for (let index = 0; index < body.length; index += 1) {
      const changed = Buffer.from(body);
      changed.writeUInt8((body.readUInt8(index) + 1) % 256, index);
      expect(() => box.open(`sb1:${changed.toString('base64')}`)).toThrow(SecretBoxError);
    }
  });

  it.each(['', 'plain', 'sb1:', 'sb1:AAAA'])('refuses %j', (text) => {
    expect(() => box.open(text)).toThrow(SecretBoxError);
  });

  it('refuses a key of the wrong length', () => {
    expect(() => createSecretBox(Buffer.alloc(16))).toThrow(SecretBoxError);
  });
});
