import { deserialize } from 'bson';
import type { Block } from './bson-blocks.ts';
import { SourceError, type V2Document } from './source.ts';

/** Documents decoded together: those of a whole chunk live so long that half of the time goes into collecting them. */
const BATCH = 250;

/** Decodes documents as they are asked for, some at a time. */
export function* decodeBlocks(blocks: readonly Block[], name: string): Generator<V2Document[]> {
  for (let at = 0; at < blocks.length; at += BATCH) {
    yield blocks.slice(at, at + BATCH).map((block) => decodeBlock(block, name));
  }
}

/**
 * Decodes one document. 64-bit integers become numbers where that is exact and stay Long otherwise; binary data stays
 * Binary. UTF-8 is not checked: Pulp 2 stored raw BSON inside strings (modulemd_defaults.profiles).
 */
export function decodeBlock(block: Block, name: string): V2Document {
  try {
    return deserialize(block.bytes, {
      index: block.start,
      allowObjectSmallerThanBufferSize: true,
      validation: { utf8: false },
    });
  } catch (cause) {
    throw new SourceError(`${name} is damaged: the document at byte ${block.offset} cannot be decoded`, { cause });
  }
}
