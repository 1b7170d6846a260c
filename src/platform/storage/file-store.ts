import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DigestName, hashFile } from '../crypto/digests.ts';
import { adopt } from './adopt.ts';
import type { ArtifactStore, StagedFile } from './artifact-store.ts';
import { syncPath } from './durability.ts';
import { writeNewFile } from './intake.ts';
import { artifactAt, artifactPath, tempPath } from './paths.ts';
import { absent, newTempFile, type Place, READ_SIZE, stageExisting, sweep } from './place.ts';
import { commitAll, FOLDER_MODE, oneAtATime, stage } from './placement.ts';
import { uploadFiles, uploadFolder } from './uploads.ts';

type Intakes = Pick<ArtifactStore, 'receive' | 'commitAll' | 'adoptFile'>;
type Artifacts = Pick<ArtifactStore, 'open' | 'stat' | 'exists' | 'remove' | 'list' | 'verify'>;
type TempFiles = Pick<ArtifactStore, 'createTemp' | 'openTemp' | 'stageTemp' | 'removeTemp' | 'sweepTemp'>;

/** A store in one folder of a local or shared file system. Makes its folders at once; digests must include sha256. */
export function createFileStore(root: string, options: { allowedDigests: readonly DigestName[] }): ArtifactStore {
  const place: Place = { root, digests: options.allowedDigests };
  if (!place.digests.includes('sha256')) throw new Error('The digests of a store must include sha256.');
  for (const folder of [tempFolder(place), uploadFolder(place), join(root, 'artifact')]) {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  }
  return { ...intakes(place), ...artifacts(place), ...tempFiles(place), ...uploadFiles(place) };
}

function intakes(place: Place): Intakes {
  const { root, digests } = place;
  const commit = oneAtATime((staged: readonly StagedFile[]) => commitAll(root, staged));
  return {
    async receive(body, { expected, signal, onPath, lazy }) {
      const path = newTempFile(place);
      onPath?.(path);
      const intake = await writeNewFile(path, body, { digests, expected, signal, lazy });
      return stage(root, digests, { path, ...intake, ownsFile: true });
    },
    commitAll: commit,
    async adoptFile(source, mode, expected) {
      const path = newTempFile(place);
      const { method, ...found } = await adopt(source, path, { mode, digests, expected });
      return { ...stage(root, digests, { path, ...found, held: null, ownsFile: true }), method };
    },
  };
}

function artifacts({ root }: Place): Artifacts {
  const at = (sha256: string) => join(root, artifactPath(sha256));
  return {
    open: (sha256, range) => createReadStream(at(sha256), { ...range, highWaterMark: READ_SIZE }),
    async stat(sha256) {
      const found = await stat(at(sha256)).catch(absent);
      return found && { size: found.size, modified: found.mtime };
    },
    async exists(sha256) {
      return (await stat(at(sha256)).catch(absent)) !== null;
    },
    remove: async (sha256) => rm(at(sha256), { force: true }),
    list: () => listArtifacts(join(root, 'artifact')),
    async verify(sha256) {
      const found = await hashFile(at(sha256), ['sha256']).catch(absent);
      if (!found) return 'missing';
      return found.digests.sha256 === sha256 ? 'intact' : 'damaged';
    },
  };
}

async function* listArtifacts(root: string): AsyncGenerator<string[]> {
  for (const folder of await readdir(root)) {
    const names = (await readdir(join(root, folder)).catch(absent)) ?? [];
    yield names.flatMap((name) => artifactAt(folder, name) ?? []);
  }
}

function tempFiles(place: Place): TempFiles {
  const at = (id: string) => join(place.root, tempPath(id));
  return {
    async createTemp(body, { expected, signal }) {
      const id = randomUUID();
      await writeNewFile(at(id), body, { digests: [], expected, signal });
      await syncPath(at(id));
      await syncPath(tempFolder(place));
      return id;
    },
    openTemp: (id) => createReadStream(at(id), { highWaterMark: READ_SIZE }),
    stageTemp: async (id, expected) => stageExisting(place, { path: at(id), ownsFile: false }, expected),
    removeTemp: async (id) => rm(at(id), { force: true }),
    sweepTemp: (olderThan) => sweep(tempFolder(place), olderThan),
  };
}

function tempFolder(place: Place): string {
  return dirname(newTempFile(place));
}
