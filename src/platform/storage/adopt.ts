import { constants } from 'node:fs';
import { chmod, copyFile, link, realpath, rm, stat } from 'node:fs/promises';
import { type DigestName, type Digests, hashFile } from '../crypto/digests.ts';
import type { AdoptedFile, AdoptMode, Expected } from './artifact-store.ts';
import { MissingFileError, SizeMismatchError } from './errors.ts';
import { assertExpected, FILE_MODE, namesFor } from './intake.ts';

type Method = AdoptedFile['method'];

const METHODS: Record<AdoptMode, readonly Method[]> = {
  link: ['link'],
  reflink: ['reflink'],
  copy: ['copy'],
  auto: ['link', 'reflink', 'copy'],
};

/** What a file system says when it cannot link or clone here, as opposed to a fault. */
const UNABLE = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'ENOTTY', 'EACCES']);

export interface Adoption {
  method: Method;
  size: number;
  digests: Digests;
}

/**
 * Brings the bytes of `source` to `target` by the first method that works, then hashes the target: what was verified is
 * what stays. Throws `MissingFileError` for what is no file, mismatches as `assertExpected` does; the target is gone then.
 */
export async function adopt(
  source: string,
  target: string,
  options: { mode: AdoptMode; digests: readonly DigestName[]; expected: Expected },
): Promise<Adoption> {
  const { path, size } = await regularFile(source);
  const { expected } = options;
  if (expected.size !== undefined && expected.size !== size) throw new SizeMismatchError(expected.size, size);
  const method = await transfer(path, target, METHODS[options.mode]);
  try {
    const found = await hashFile(target, namesFor(options));
    assertExpected(found, expected);
    return { method, ...found };
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

async function regularFile(source: string): Promise<{ path: string; size: number }> {
  try {
    const path = await realpath(source);
    const found = await stat(path);
    if (found.isFile()) return { path, size: found.size };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
  }
  throw new MissingFileError('There is no file at the old place.');
}

async function transfer(source: string, target: string, methods: readonly Method[]): Promise<Method> {
  const [method, ...others] = methods;
  if (!method) throw new Error('No method to adopt a file is left.');
  try {
    if (method === 'link') await link(source, target);
    if (method === 'reflink')
      await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    if (method === 'copy') await copyFile(source, target, constants.COPYFILE_EXCL);
    if (method !== 'link') await chmod(target, FILE_MODE);
    return method;
  } catch (error) {
    await rm(target, { force: true });
    if (others.length === 0 || !UNABLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return transfer(source, target, others);
  }
}
