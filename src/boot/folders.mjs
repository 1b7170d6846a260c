// Where the project is, and where its build output may go.
import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** An error whose message is all that its reader needs: no stack is shown. */
export function instructive(message) {
  return Object.assign(new Error(message), { instructive: true });
}

export function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A stand-in for a project folder that cannot be written: a folder of this user's own with links to the project's
 * package files, so that what is built or installed there resolves like beside the sources.
 */
export function mirrorFolder() {
  const name = `pulp-gateway-${createHash('sha256').update(projectRoot).digest('hex').slice(0, 12)}`;
  const uid = process.getuid?.() ?? 0;
  const parents = [process.env.XDG_CACHE_HOME, join(homedir(), '.cache'), join(tmpdir(), `pulp-gateway-${uid}`)];
  for (const parent of parents) {
    const folder = parent && ownFolder(join(parent, name), uid);
    if (!folder) continue;
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      link(join(projectRoot, file), join(folder, file));
    return folder;
  }
  throw instructive(`Neither ${projectRoot} nor a cache folder can be written: set XDG_CACHE_HOME to one that can.`);
}

/** The folder, made when missing; null when it cannot be written or belongs to somebody else, who could plant code. */
function ownFolder(folder, uid) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === uid && isWritable(folder) ? folder : null;
  } catch {
    return null;
  }
}

export function link(target, path) {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}
