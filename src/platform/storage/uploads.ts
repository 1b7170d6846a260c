import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactStore, Body, ChunkOptions } from './artifact-store.ts';
import { syncPath } from './durability.ts';
import { SizeLimitError } from './errors.ts';
import { abortable, FILE_MODE, writeNewFile } from './intake.ts';
import { uploadPath } from './paths.ts';
import { newTempFile, type Place, stageExisting, sweep } from './place.ts';

type UploadFiles = Pick<ArtifactStore, 'writeUploadChunk' | 'stageUpload' | 'removeUpload' | 'sweepUploads'>;

/** Each upload is a sparse file of its own until it is staged. */
export function uploadFiles(place: Place): UploadFiles {
  const at = (id: string) => join(place.root, uploadPath(id));
  return {
    async writeUploadChunk(uploadId, offset, body, chunk) {
      if (chunk.expected) return writeChecked(place, at(uploadId), offset, body, chunk);
      return writeAt(at(uploadId), offset, body, chunk);
    },
    async stageUpload(uploadId, { keep, expected }) {
      await ensureFile(at(uploadId));
      if (!keep) return stageExisting(place, { path: at(uploadId), ownsFile: false }, expected);
      const copy = newTempFile(place);
      await copyFile(at(uploadId), copy, constants.COPYFILE_FICLONE);
      return stageExisting(place, { path: copy, ownsFile: true }, expected);
    },
    removeUpload: async (uploadId) => rm(at(uploadId), { force: true }),
    sweepUploads: (olderThan) => sweep(uploadFolder(place), olderThan),
  };
}

export function uploadFolder(place: Place): string {
  return dirname(join(place.root, uploadPath(randomUUID())));
}

/** Checks a piece in a file of its own before any of it goes into the upload. */
async function writeChecked(
  place: Place,
  path: string,
  offset: number,
  body: Body,
  chunk: ChunkOptions,
): Promise<number> {
  const piece = newTempFile(place);
  await writeNewFile(piece, body, { digests: [], ...chunk });
  try {
    return await writeAt(path, offset, createReadStream(piece), { signal: chunk.signal });
  } finally {
    await rm(piece, { force: true });
  }
}

/** Writes a body into a sparse file at an offset. Returns the bytes written, once they are durable. */
async function writeAt(path: string, offset: number, body: Body, options: ChunkOptions): Promise<number> {
  const { file, made } = await openForWriting(path);
  try {
    let size = 0;
    for await (const chunk of abortable(body, options.signal)) {
      if (options.maxSize !== undefined && size + chunk.byteLength > options.maxSize) {
        throw new SizeLimitError(options.maxSize);
      }
      await writeAll(file, chunk, offset + size);
      size += chunk.byteLength;
    }
    await file.sync();
    if (made) await syncPath(dirname(path));
    return size;
  } finally {
    await file.close();
  }
}

/** Makes the file empty if it is not there yet. */
async function ensureFile(path: string): Promise<void> {
  const { file } = await openForWriting(path);
  await file.close();
}

/** Neither `w` (cuts the file) nor `a` (ignores offsets) will do, and concurrent first pieces race to make the file. */
async function openForWriting(path: string): Promise<{ file: FileHandle; made: boolean }> {
  try {
    return { file: await open(path, 'wx', FILE_MODE), made: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { file: await open(path, 'r+'), made: false };
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    written += (await file.write(chunk, written, chunk.byteLength - written, position + written)).bytesWritten;
  }
}
