import { type Block, isTerminator, splitBlocks } from './bson-blocks.ts';
import { Crc64 } from './crc64.ts';
import { decodeBlock } from './decode.ts';
import { SourceError, type V2Document } from './source.ts';

/** mongodump's archive magic, little-endian (migration.md §1.1). */
export const ARCHIVE_MAGIC = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);

/** What the scan tells of one collection, called `db.collection`. */
export type ScannedCollection = {
  readonly database: string;
  readonly name: string;
  documents: number;
  bytes: number;
  crc: Crc64;
  /** The archive said that no more segments follow. */
  closed: boolean;
};

export type ArchiveScan = {
  readonly prelude: V2Document;
  readonly collections: ReadonlyMap<string, ScannedCollection>;
};

/** Is told where the documents of a collection lie; may write them away. Runs lie within one buffer. */
export type RunKeeper = (collection: ScannedCollection, run: Block) => Promise<void> | void;

type State = {
  readonly name: string;
  readonly collections: Map<string, ScannedCollection>;
  readonly keep: RunKeeper;
  prelude: V2Document | undefined;
  preludeDone: boolean;
  /** The collection of the open segment. */
  current: ScannedCollection | undefined;
  /** Neighbouring documents of one buffer, not yet handed on. */
  run:
    | { readonly collection: ScannedCollection; readonly bytes: Buffer; start: number; end: number; offset: number }
    | undefined;
};

/**
 * Reads a whole mongodump archive once: checks its structure and the checksum of every collection, and hands the
 * documents' places to `keep`. Any damage is a SourceError that names the offset in the (decompressed) archive.
 */
export async function scanArchive(chunks: AsyncIterable<Buffer>, name: string, keep: RunKeeper): Promise<ArchiveScan> {
  const state: State = {
    name,
    collections: new Map(),
    keep,
    prelude: undefined,
    preludeDone: false,
    current: undefined,
    run: undefined,
  };
  for await (const batch of splitBlocks(withoutMagic(chunks, name), name)) {
    for (const block of batch) {
      const pause = takeBlock(state, block);
      if (pause) await pause;
    }
    await endRun(state);
  }
  return finish(state);
}

async function* withoutMagic(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head.length >= 4) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < 4) continue;
    if (!head.subarray(0, 4).equals(ARCHIVE_MAGIC)) throw new SourceError(`${name} is no mongodump archive`);
    yield head.subarray(4);
  }
  if (head.length < 4) throw new SourceError(`${name} is cut off: it ends at byte ${head.length}`);
}

function takeBlock(state: State, block: Block): Promise<void> | void {
  if (!state.preludeDone) return takePrelude(state, block);
  if (!state.current) return openSegment(state, block);
  if (!isTerminator(block)) return takeDocument(state, state.current, block);
  state.current = undefined;
  return endRun(state);
}

function takePrelude(state: State, block: Block): void {
  if (isTerminator(block)) {
    if (!state.prelude) throw damaged(state, block, 'the prelude is missing');
    state.preludeDone = true;
    return;
  }
  const document = decodeBlock(block, state.name);
  if (!state.prelude) {
    state.prelude = document;
    return;
  }
  findCollection(state, document, block);
}

function openSegment(state: State, block: Block): void {
  if (isTerminator(block)) throw damaged(state, block, 'a segment has no header');
  const header = decodeBlock(block, state.name);
  const collection = findCollection(state, header, block);
  if (collection.closed) throw damaged(state, block, `collection ${collection.name} goes on after its end`);
  if (header.EOF === true) closeCollection(state, collection, header, block);
  state.current = collection;
}

function closeCollection(state: State, collection: ScannedCollection, header: V2Document, block: Block): void {
  const stated = BigInt(String(header.CRC ?? 0));
  const real = collection.crc.value();
  if (stated !== real) {
    throw damaged(state, block, `the checksum of collection ${collection.name} is ${real}, the archive says ${stated}`);
  }
  collection.closed = true;
}

function findCollection(state: State, header: V2Document, block: Block): ScannedCollection {
  const { db, collection: name } = header;
  if (typeof db !== 'string' || typeof name !== 'string') throw damaged(state, block, 'a header names no collection');
  const key = `${db}.${name}`;
  const known = state.collections.get(key);
  if (known) return known;
  const fresh = { database: db, name, documents: 0, bytes: 0, crc: new Crc64(), closed: false };
  state.collections.set(key, fresh);
  return fresh;
}

function takeDocument(state: State, collection: ScannedCollection, block: Block): void {
  if (collection.closed) throw damaged(state, block, `collection ${collection.name} goes on after its end`);
  collection.documents++;
  collection.bytes += block.end - block.start;
  collection.crc.update(block.bytes, block.start, block.end);
  if (state.run) state.run.end = block.end;
  else state.run = { collection, ...block };
}

function endRun(state: State): Promise<void> | void {
  const { run } = state;
  if (!run) return;
  state.run = undefined;
  return state.keep(run.collection, run);
}

function finish(state: State): ArchiveScan {
  if (!state.prelude || !state.preludeDone) throw new SourceError(`${state.name} is cut off in its prelude`);
  if (state.current) throw new SourceError(`${state.name} is cut off inside collection ${state.current.name}`);
  for (const collection of state.collections.values()) {
    if (!collection.closed) throw new SourceError(`${state.name} is cut off: collection ${collection.name} never ends`);
  }
  return { prelude: state.prelude, collections: state.collections };
}

function damaged(state: State, block: Block, what: string): SourceError {
  return new SourceError(`${state.name} is damaged at byte ${block.offset + ARCHIVE_MAGIC.length}: ${what}`);
}
