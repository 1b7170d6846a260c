import { createDigester, DIGEST_NAMES } from '../../platform/crypto/digests.ts';
import { assertExpected } from '../../platform/storage/intake.ts';
import type { Source } from './sources.ts';

/**
 * Passes a body on and verifies it on the way, keeping nothing. The last piece is held back until all is verified.
 * Throws the store's errors for wrong bytes.
 */
export async function* verified(body: AsyncIterable<Uint8Array>, source: Source): AsyncGenerator<Uint8Array> {
  const digester = createDigester(DIGEST_NAMES.filter((name) => source.digests[name] !== undefined));
  let held: Uint8Array | null = null;
  for await (const chunk of body) {
    digester.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  const actual = { size: digester.size, digests: digester.digest() };
  assertExpected(actual, { size: source.size ?? undefined, digests: source.digests });
  if (held) yield held;
}

/** The bytes from `start` to `end`, both included; everything is read all the same. */
export async function* slice(body: AsyncIterable<Uint8Array>, start: number, end: number): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const chunk of body) {
    const from = Math.max(0, start - position);
    const to = Math.min(chunk.byteLength, end + 1 - position);
    position += chunk.byteLength;
    if (from < to) yield chunk.subarray(from, to);
  }
}
