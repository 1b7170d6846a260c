import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Body, ChunkOptions } from './artifact-store.ts';
import { syncPath } from './durability.ts';
import { SizeLimitError } from './errors.ts';
import { abortable, FILE_MODE } from './intake.ts';

/** Writes a body into a sparse file at an offset. Returns the bytes written, once they are durable. */
export async function writeAt(path: string, offset: number, body: Body, options: ChunkOptions): Promise<number> {
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
export async function ensureFile(path: string): Promise<void> {
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
