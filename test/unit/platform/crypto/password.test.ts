import { describe, expect, it } from 'vitest';
import { hashPassword, isOutdatedHash, verifyPassword } from '../../../../src/platform/crypto/password.ts';

describe('password hashes', () => {
  it('verifies what it hashed and nothing else', async () => {
    const stored = await hashPassword('s3cret ü');
    expect(await verifyPassword('s3cret ü', stored)).toBe(true);
    expect(await verifyPassword('s3cret u', stored)).toBe(false);
    expect(await verifyPassword('', stored)).toBe(false);
  });

  it('salts: the same password never gives the same text', async () => {
    expect(await hashPassword('a')).not.toBe(await hashPassword('a'));
  });

  it('takes composed and decomposed letters for the same', async () => {
    expect(await verifyPassword('u\u0308', await hashPassword('\u00fc'))).toBe(true);
  });

  // From the database of a real Pulp 2 server whose administrator still had the password of the installation.
  const old = 'pulp2$0k7hnLK6hC0=,fm9TD8CyRwLpynHXrm+0oDAp/ZhgFgc2jfRFeSY6/+k=';

  it('verifies the hashes of Pulp 2 and wants them replaced', async () => {
    expect(await verifyPassword('admin', old)).toBe(true);
    expect(await verifyPassword('Admin', old)).toBe(false);
    expect(isOutdatedHash(old)).toBe(true);
    expect(isOutdatedHash(await hashPassword('admin'))).toBe(false);
  });

  it.each(['', 'plain', 'scrypt$', 'scrypt$16384$8$1$$', 'pulp2$', 'pulp2$,', 'md5$a$b'])(
    'verifies nothing against %j',
    async (stored) => {
      expect(await verifyPassword('', stored)).toBe(false);
      expect(await verifyPassword('plain', stored)).toBe(false);
    },
  );
});
