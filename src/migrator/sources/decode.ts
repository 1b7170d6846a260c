import { deserialize } from 'bson';
import type { Block } from './bson-blocks.ts';
import { SourceError, type V2Document } from './source.ts';

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
