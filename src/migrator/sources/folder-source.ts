import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isTerminator, splitBlocks } from './bson-blocks.ts';
import { isGzip, readBytes, readHead } from './byte-stream.ts';
import { Crc64 } from './crc64.ts';
import { decodeBlocks } from './decode.ts';
import { pickDatabase } from './pick-database.ts';
import { type CollectionInfo, SourceError, type V2Document, type V2Source } from './source.ts';

type DumpFile = { readonly collection: string; readonly path: string; readonly compressed: boolean };

/**
 * Opens a mongodump folder, or the folder above it. Every wanted file is walked through once, so that a dump that was
 * cut off is refused before anything is made of it.
 */
export async function openFolder(path: string, wanted: (collection: string) => boolean): Promise<V2Source> {
  const folder = await findDatabaseFolder(path);
  const names = await readdir(folder);
  const files = await Promise.all(names.filter(isDump).map((name) => describeFile(folder, name)));
  const infos: CollectionInfo[] = [];
  for (const file of files) infos.push(wanted(file.collection) ? await walk(file) : { name: file.collection });
  const byName = new Map(files.map((file) => [file.collection, file]));
  const warnings = files.filter((file) => !hasMetadata(names, file.collection)).map(withoutMetadata);
  return {
    describe: () => `mongodump folder ${folder}`,
    warnings: () => warnings,
    collections: async () => infos,
    read: (collection) => readFileDocuments(byName.get(collection)),
    close: async () => {},
  };
}

function isDump(name: string): boolean {
  return /\.bson(\.gz)?$/.test(name) && !name.startsWith('oplog.');
}

function hasMetadata(names: readonly string[], collection: string): boolean {
  return names.includes(`${collection}.metadata.json`) || names.includes(`${collection}.metadata.json.gz`);
}

function withoutMetadata(file: DumpFile): string {
  return `${basename(file.path)} has no metadata file; its documents are read all the same`;
}

async function findDatabaseFolder(path: string): Promise<string> {
  const entries = await readdir(path, { withFileTypes: true });
  if (entries.some((entry) => /^repos\.bson(\.gz)?$/.test(entry.name))) return path;
  const found: { database: string; collection: string }[] = [];
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    for (const name of await readdir(join(path, entry.name))) {
      found.push({ database: entry.name, collection: name.replace(/\.bson(\.gz)?$/, '') });
    }
  }
  return join(path, pickDatabase(found, path));
}

async function describeFile(folder: string, name: string): Promise<DumpFile> {
  const path = join(folder, name);
  return { collection: name.replace(/\.bson(\.gz)?$/, ''), path, compressed: isGzip(await readHead(path, 2)) };
}

async function walk(file: DumpFile): Promise<CollectionInfo> {
  const crc = new Crc64();
  let documents = 0;
  let bytes = 0;
  for await (const batch of splitBlocks(readBytes(file.path, file.compressed), file.path)) {
    for (const block of batch) {
      if (isTerminator(block))
        throw new SourceError(`${file.path} is damaged at byte ${block.offset}: no document begins`);
      crc.update(block.bytes, block.start, block.end);
      documents++;
      bytes += block.end - block.start;
    }
  }
  return { name: file.collection, documents, bytes, fingerprint: `${documents}:${bytes}:${crc.value()}` };
}

async function* readFileDocuments(file: DumpFile | undefined): AsyncGenerator<V2Document[]> {
  if (!file) return;
  for await (const batch of splitBlocks(readBytes(file.path, file.compressed), file.path)) {
    yield* decodeBlocks(batch, file.path);
  }
}
