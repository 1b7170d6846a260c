import { pipeline, type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';

export type ExpansionLimits = {
  /** Output bytes allowed in all. */
  readonly absolute: number;
  /** Output bytes allowed for each input byte, once more than `grace` bytes came out. */
  readonly ratio: number;
  readonly grace: number;
};

/** Compressed input that expands beyond its limits: a decompression bomb, or not what it claims to be. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError';
}

/** Decompresses gzip (several members too) as it is read; fails with ExpansionError beyond the limits. */
export function boundedGunzip(input: Readable, limits: ExpansionLimits): Readable {
  let taken = 0;
  let given = 0;
  const inlet = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      taken += chunk.length;
      done(null, chunk);
    },
  });
  const outlet = new Transform({
    readableHighWaterMark: 1 << 20,
    transform(chunk: Buffer, _encoding, done) {
      given += chunk.length;
      if (given > limits.absolute) return done(new ExpansionError(`expands to more than ${limits.absolute} bytes`));
      if (given > limits.grace && given > taken * limits.ratio) {
        return done(new ExpansionError(`expands more than ${limits.ratio} times`));
      }
      done(null, chunk);
    },
  });
  // The error reaches whoever reads the outlet: pipeline destroys it with the cause.
  pipeline(input, inlet, createGunzip({ chunkSize: 1 << 18 }), outlet, () => {});
  return outlet;
}
