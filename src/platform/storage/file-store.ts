import { randomUUID } from 'node:crypto';
import { constants, createReadStream, mkdirSync } from 'node:fs';
import { copyFile, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DigestName, hashFile } from '../crypto/digests.ts';
import { adopt } from './adopt.ts';
import type { ArtifactStore, Body, ChunkOptions, Expected, ReceiveOptions, StagedFile } from './artifact-store.ts';
import { syncPath } from './durability.ts';
import { MissingFileError } from './errors.ts';
import { assertExpected, namesFor, writeNewFile } from './intake.ts';
import { artifactPath, tempPath, uploadPath } from './paths.ts';
import { commitAll, FOLDER_MODE, stage } from './placement.ts';
import { ensureFile, writeAt } from './uploads.ts';

const READ_SIZE = 262_144;

/** A store in one folder of a local or shared file system. Makes its folders at once; digests must include sha256. */
export function createFileStore(root: string, options: { allowedDigests: readonly DigestName[] }): ArtifactStore {
  const digests = options.allowedDigests;
  if (!digests.includes('sha256')) throw new Error('The digests of a store must include sha256.');
  const at = (path: string) => join(root, path);
  const tempFolder = dirname(at(tempPath(randomUUID())));
  const uploadFolder = dirname(at(uploadPath(randomUUID())));
  for (const folder of [tempFolder, uploadFolder, at('artifact')]) {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  }

  async function receive(body: Body, { expected, signal, onPath }: ReceiveOptions): Promise<StagedFile> {
    const path = at(tempPath(randomUUID()));
    onPath?.(path);
    const intake = await writeNewFile(path, body, { digests, expected, signal });
    return stage(root, digests, { path, ...intake, ownsFile: true });
  }

  async function stageExisting(path: string, expected: Expected, ownsFile: boolean): Promise<StagedFile> {
    try {
      const found = await hashFile(path, namesFor({ digests, expected })).catch(missing);
      assertExpected(found, expected);
      return stage(root, digests, { path, ...found, ownsFile });
    } catch (error) {
      if (ownsFile) await rm(path, { force: true });
      throw error;
    }
  }

  async function writeCheckedChunk(path: string, offset: number, body: Body, chunk: ChunkOptions): Promise<number> {
    const piece = at(tempPath(randomUUID()));
    await writeNewFile(piece, body, { digests: [], ...chunk });
    try {
      return await writeAt(path, offset, createReadStream(piece), { signal: chunk.signal });
    } finally {
      await rm(piece, { force: true });
    }
  }

  return {
    receive,
    commitAll: (staged) => commitAll(root, staged),
    async adoptFile(source, mode, expected) {
      const path = at(tempPath(randomUUID()));
      const { method, ...found } = await adopt(source, path, { mode, digests, expected });
      return { ...stage(root, digests, { path, ...found, ownsFile: true }), method };
    },

    open: (sha256, range) => createReadStream(at(artifactPath(sha256)), { ...range, highWaterMark: READ_SIZE }),
    async stat(sha256) {
      const found = await stat(at(artifactPath(sha256))).catch(absent);
      return found && { size: found.size, modified: found.mtime };
    },
    async exists(sha256) {
      return (await stat(at(artifactPath(sha256))).catch(absent)) !== null;
    },
    remove: async (sha256) => rm(at(artifactPath(sha256)), { force: true }),
    async verify(sha256) {
      const found = await hashFile(at(artifactPath(sha256)), ['sha256']).catch(absent);
      if (!found) return 'missing';
      return found.digests.sha256 === sha256 ? 'intact' : 'damaged';
    },

    async createTemp(body, { expected, signal }) {
      const id = randomUUID();
      await writeNewFile(at(tempPath(id)), body, { digests: [], expected, signal });
      await syncPath(at(tempPath(id)));
      await syncPath(tempFolder);
      return id;
    },
    openTemp: (id) => createReadStream(at(tempPath(id)), { highWaterMark: READ_SIZE }),
    stageTemp: async (id, expected) => stageExisting(at(tempPath(id)), expected, false),
    removeTemp: async (id) => rm(at(tempPath(id)), { force: true }),
    sweepTemp: (olderThan) => sweep(tempFolder, olderThan),

    async writeUploadChunk(uploadId, offset, body, chunk) {
      const path = at(uploadPath(uploadId));
      return chunk.expected ? writeCheckedChunk(path, offset, body, chunk) : writeAt(path, offset, body, chunk);
    },
    async stageUpload(uploadId, { keep, expected }) {
      const path = at(uploadPath(uploadId));
      await ensureFile(path);
      if (!keep) return stageExisting(path, expected, false);
      const copy = at(tempPath(randomUUID()));
      await copyFile(path, copy, constants.COPYFILE_FICLONE);
      return stageExisting(copy, expected, true);
    },
    removeUpload: async (uploadId) => rm(at(uploadPath(uploadId)), { force: true }),
    sweepUploads: (olderThan) => sweep(uploadFolder, olderThan),
  };
}

/** Removes the files of a folder last changed before then; returns how many. A hard link keeps an old mtime, so ctime it is. */
async function sweep(folder: string, olderThan: Date): Promise<number> {
  let swept = 0;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(absent);
    if (!found || found.ctime >= olderThan) continue;
    await rm(path, { force: true });
    swept += 1;
  }
  return swept;
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

function missing(error: NodeJS.ErrnoException): never {
  throw error.code === 'ENOENT' ? new MissingFileError('The file is gone.', { cause: error }) : error;
}
