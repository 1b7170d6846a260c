import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/** True when a path, with links resolved, lies in one of the folders. A path that does not exist is taken as it is written. */
export function isAllowedImportPath(path: string, allowed: readonly string[]): boolean {
  if (!path.startsWith('/') || path.includes('\0')) return false;
  const real = realPath(resolve(path));
  return allowed.some(
    (folder) => real === realPath(folder) || real.startsWith(realPath(folder).replace(/\/$/, '') + sep),
  );
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
