import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigester, DIGEST_NAMES, hashFile, isDigestName } from '../../../../src/platform/crypto/digests.ts';

describe('digests', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), fc.subarray([...DIGEST_NAMES]), (chunks, names) => {
        const digester = createDigester(names);
        for (const chunk of chunks) digester.update(chunk);
        const whole = Buffer.concat(chunks);
        expect(digester.size).toBe(whole.length);
        expect(digester.digest()).toEqual(
          Object.fromEntries(names.map((name) => [name, createHash(name).update(whole).digest('hex')])),
        );
      }),
    );
  });

  it('know their names', () => {
    expect(isDigestName('sha256')).toBe(true);
    expect(isDigestName('sha3-256')).toBe(false);
    expect(isDigestName('constructor')).toBe(false);
  });

  it('of a file come with its size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'digests-'));
    const path = join(folder, 'file');
    await writeFile(path, Buffer.alloc(3_000_000, 'x'));
    expect(await hashFile(path, ['md5'])).toEqual({
      size: 3_000_000,
      digests: { md5: createHash('md5').update(Buffer.alloc(3_000_000, 'x')).digest('hex') },
    });
    await rm(folder, { recursive: true });
  });
});
