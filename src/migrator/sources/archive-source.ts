import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ARCHIVE_MAGIC, type ArchiveScan, type RunKeeper, scanArchive } from './archive-scan.ts';
import { splitBlocks } from './bson-blocks.ts';
import { readBytes, readRanges } from './byte-stream.ts';
import { decodeBlocks } from './decode.ts';
import { pickDatabase } from './pick-database.ts';
import type { CollectionInfo, V2Document, V2Source } from './source.ts';

/** Where the documents of each collection (`db.name`) lie: pairs of first and next byte in one file. */
type Places = Map<string, [number, number][]>;

export type ArchiveOptions = {
  /** Where a compressed archive is unpacked to; nothing is written for a plain one. */
  readonly workDirectory: string;
  /** Collections that will be read: of a compressed archive only these are unpacked. */
  readonly wanted: (collection: string) => boolean;
};

/**
 * Opens a mongodump archive. Its collections interleave, so that one pass over the whole file checks it and notes
 * where each collection lies; reading then seeks. A compressed one is unpacked during that pass.
 */
export async function openArchive(path: string, compressed: boolean, options: ArchiveOptions): Promise<V2Source> {
  if (!compressed) {
    const places: Places = new Map();
    const scan = await scanArchive(readBytes(path, false), path, (collection, run) => {
      const from = run.offset + ARCHIVE_MAGIC.length;
      note(places, `${collection.database}.${collection.name}`, from, from + run.end - run.start);
    });
    return makeSource(path, 'mongodump archive', scan, path, places, async () => {});
  }
  const folder = await mkdtemp(join(options.workDirectory, 'archive-'));
  try {
    const spool = join(folder, 'documents');
    const { scan, places } = await unpack(path, spool, options.wanted);
    return makeSource(path, 'compressed mongodump archive', scan, spool, places, () => rm(folder, { recursive: true }));
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

async function unpack(path: string, spool: string, wanted: (collection: string) => boolean) {
  const places: Places = new Map();
  const out = createWriteStream(spool, { mode: 0o600, highWaterMark: 1 << 20 });
  const failed = once(out, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  let written = 0;
  const keep: RunKeeper = (collection, run) => {
    if (!wanted(collection.name)) return;
    const length = run.end - run.start;
    note(places, `${collection.database}.${collection.name}`, written, written + length);
    written += length;
    if (out.write(run.bytes.subarray(run.start, run.end))) return;
    return Promise.race([once(out, 'drain'), failed]).then(() => {});
  };
  try {
    const scan = await scanArchive(readBytes(path, true), path, keep);
    out.end();
    await Promise.race([once(out, 'close'), failed]);
    return { scan, places };
  } finally {
    out.destroy();
  }
}

function note(places: Places, key: string, from: number, to: number): void {
  const ranges = places.get(key);
  const last = ranges?.at(-1);
  if (!ranges) places.set(key, [[from, to]]);
  else if (last && last[1] === from) last[1] = to;
  else ranges.push([from, to]);
}

function makeSource(
  path: string,
  kind: string,
  scan: ArchiveScan,
  file: string,
  places: Places,
  close: () => Promise<void>,
): V2Source {
  const all = [...scan.collections.values()];
  const database = pickDatabase(
    all.map((entry) => ({ database: entry.database, collection: entry.name })),
    path,
  );
  const mine = all.filter((entry) => entry.database === database);
  const infos: CollectionInfo[] = mine.map(({ name, documents, bytes, crc }) => {
    return { name, documents, bytes, fingerprint: `${documents}:${bytes}:${crc.value()}` };
  });
  const { server_version: server, tool_version: tool } = scan.prelude;
  return {
    describe: () => `${kind} ${path}, database ${database} (MongoDB ${server}, mongodump ${tool})`,
    warnings: () => [],
    collections: async () => infos,
    read: (collection) =>
      readCollection(file, places.get(`${database}.${collection}`) ?? [], `${path} (${collection})`),
    close,
  };
}

async function* readCollection(file: string, ranges: [number, number][], name: string): AsyncGenerator<V2Document[]> {
  if (ranges.length === 0) return;
  for await (const batch of splitBlocks(readRanges(file, ranges), name)) {
    yield* decodeBlocks(batch, name);
  }
}
