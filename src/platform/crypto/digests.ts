import { createHash, type Hash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export const DIGEST_NAMES = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;

export type DigestName = (typeof DIGEST_NAMES)[number];

/** Lower-case hexadecimal digests by name. */
export type Digests = Partial<Record<DigestName, string>>;

export interface Digester {
  update(chunk: Uint8Array): void;
  /** Bytes seen so far. */
  readonly size: number;
  /** Ends the calculation; only to be called once. */
  digest(): Digests;
}

export function isDigestName(text: string): text is DigestName {
  return (DIGEST_NAMES as readonly string[]).includes(text);
}

/** Calculates several digests in one pass. The same name twice counts once. */
export function createDigester(names: Iterable<DigestName>): Digester {
  const hashes: [DigestName, Hash][] = [...new Set(names)].map((name) => [name, createHash(name)]);
  let size = 0;
  return {
    update(chunk) {
      size += chunk.byteLength;
      for (const [, running] of hashes) running.update(chunk);
    },
    get size() {
      return size;
    },
    digest() {
      const digests: Digests = {};
      for (const [name, running] of hashes) digests[name] = running.digest('hex');
      return digests;
    },
  };
}

/** Several digests of bytes that are all there, for half of what a digester costs. */
export function digestsOf(bytes: Uint8Array, names: Iterable<DigestName>): Digests {
  const digests: Digests = {};
  for (const name of names) digests[name] ??= hash(name, bytes, 'hex');
  return digests;
}

/** The lower-case hexadecimal digest of a text (as UTF-8) or of bytes. */
export function hashText(name: DigestName, text: string | Uint8Array): string {
  return hash(name, text, 'hex');
}

/** Reads a file once; returns its size in bytes and its digests. */
export async function hashFile(path: string, names: Iterable<DigestName>): Promise<{ size: number; digests: Digests }> {
  const digester = createDigester(names);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) digester.update(chunk as Buffer);
  return { size: digester.size, digests: digester.digest() };
}
