import { SourceError } from './source.ts';

/** MongoDB's largest stored document plus the room it leaves for internal ones. */
export const LARGEST_DOCUMENT = 16 * 1024 * 1024 + 16 * 1024;
const SMALLEST_DOCUMENT = 5;
const TERMINATOR = -1;

/** A BSON document lying in `bytes` from start to end, or a terminator (ff ff ff ff) when end is start. */
export type Block = {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Where it begins in the whole stream. */
  readonly offset: number;
};

export function isTerminator(block: Block): boolean {
  return block.start === block.end;
}

/**
 * Cuts a stream of bytes into BSON documents and terminators by their length prefixes. Gives the blocks that each
 * chunk completes; their bytes are valid until the next batch is asked for. `name` stands in error messages.
 */
export async function* splitBlocks(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Block[]> {
  let rest: Buffer[] = [];
  let restLength = 0;
  let offset = 0;
  let wanted = 4;
  for await (const chunk of chunks) {
    rest.push(chunk);
    restLength += chunk.length;
    if (restLength < wanted) continue;
    const bytes = rest.length === 1 ? chunk : Buffer.concat(rest, restLength);
    const { blocks, used, need } = cut(bytes, offset, name);
    if (blocks.length > 0) yield blocks;
    offset += used;
    rest = used === bytes.length ? [] : [bytes.subarray(used)];
    restLength = bytes.length - used;
    wanted = need;
  }
  if (restLength > 0)
    throw new SourceError(`${name} is cut off in the middle of a document that begins at byte ${offset}`);
}

function cut(bytes: Buffer, base: number, name: string): { blocks: Block[]; used: number; need: number } {
  const blocks: Block[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const size = bytes.readInt32LE(at);
    const offset = base + at;
    if (size === TERMINATOR) {
      at += 4;
      blocks.push({ bytes, start: at, end: at, offset });
      continue;
    }
    if (size < SMALLEST_DOCUMENT || size > LARGEST_DOCUMENT) {
      throw new SourceError(`${name} is damaged at byte ${offset}: ${size} cannot be the length of a document`);
    }
    if (at + size > bytes.length) return { blocks, used: at, need: size };
    if (bytes[at + size - 1] !== 0) {
      throw new SourceError(`${name} is damaged: the document at byte ${offset} does not end where its length says`);
    }
    blocks.push({ bytes, start: at, end: at + size, offset });
    at += size;
  }
  return { blocks, used: at, need: 4 };
}
