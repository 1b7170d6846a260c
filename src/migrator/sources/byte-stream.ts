import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { boundedGunzip, ExpansionError } from '../../platform/compress/bounded-gunzip.ts';
import { SourceError } from './source.ts';

const CHUNK = 1 << 20;
/** BSON of repeated documents shrinks up to about 60 times; gzip itself ends at 1,032. */
const EXPANSION = { absolute: 2 ** 42, ratio: 300, grace: 64 * 1024 * 1024 };

/** The first bytes of a file, fewer when it is shorter. */
export async function readHead(path: string, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** The bytes of a file, decompressed when it is gzip. Failures are SourceErrors that name the file. */
export async function* readBytes(path: string, compressed: boolean): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  const stream = compressed ? boundedGunzip(file, EXPANSION) : file;
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw asSourceError(cause, path, file.bytesRead);
  } finally {
    file.destroy();
  }
}

/** Parts of a file, one after the other. */
export async function* readRanges(path: string, ranges: Iterable<readonly [number, number]>): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (const [from, to] of ranges) {
      for (let at = from; at < to; ) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK, to - at)), 0, undefined, at);
        if (bytesRead === 0) throw new SourceError(`${path} became shorter while it was read (byte ${at})`);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    }
  } finally {
    await file.close();
  }
}

function asSourceError(cause: unknown, path: string, at: number): unknown {
  if (cause instanceof SourceError) return cause;
  if (cause instanceof ExpansionError) return new SourceError(`${path} ${cause.message}: refused`, { cause });
  const code = (cause as { code?: unknown }).code;
  if (code === 'Z_BUF_ERROR')
    return new SourceError(`${path} is cut off: its gzip data ends early at byte ${at}`, { cause });
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new SourceError(`${path} is damaged: its gzip data is wrong before byte ${at}`, { cause });
  }
  return new SourceError(`${path} cannot be read: ${(cause as Error).message}`, { cause });
}
