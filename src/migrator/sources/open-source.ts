import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ARCHIVE_MAGIC } from './archive-scan.ts';
import { type ArchiveOptions, openArchive } from './archive-source.ts';
import { isGzip, readBytes, readHead } from './byte-stream.ts';
import { openFolder } from './folder-source.ts';
import { SourceError, type V2Source } from './source.ts';

/**
 * Opens what `uri` names: a mongodump folder or archive, plain or compressed. What it is follows from the bytes, not
 * from the name. Anything that cannot be read as a whole is a SourceError, and nothing was written.
 */
export async function openSource(uri: string, options: ArchiveOptions): Promise<V2Source> {
  if (/^mongodb(\+srv)?:/i.test(uri))
    throw new SourceError('mongodb:// sources are not there yet: give a mongodump of it');
  if (/^https?:/i.test(uri))
    throw new SourceError('https:// sources are not there yet: give a mongodump of the server');
  const path = /^file:/i.test(uri) ? fileURLToPath(uri) : uri;
  const found = await stat(path).catch((cause: Error) => {
    throw new SourceError(`${path} cannot be read: ${cause.message}`, { cause });
  });
  if (found.isDirectory()) return openFolder(path, options.wanted);
  const head = await readHead(path, 4);
  if (head.equals(ARCHIVE_MAGIC)) return openArchive(path, false, options);
  if (isGzip(head) && (await firstBytes(path)).equals(ARCHIVE_MAGIC)) return openArchive(path, true, options);
  throw new SourceError(
    `${path} is no source: neither a mongodump archive nor a mongodump folder (a single .bson file is not enough)`,
  );
}

async function firstBytes(path: string): Promise<Buffer> {
  for await (const chunk of readBytes(path, true)) return chunk.subarray(0, 4);
  return Buffer.alloc(0);
}
