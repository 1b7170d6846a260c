import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashText } from '../../crypto/digests.ts';
import { EmbeddedError } from './error.ts';
import { isReachable, type Owner } from './owner.ts';

// sun_path has 108 bytes on Linux and 104 on macOS; PostgreSQL's own check allows a little less.
const LONGEST_PATH = 100;
const LONGEST_NAME = '/.s.PGSQL.5432.lock';

/**
 * The folder for the server's socket, which only the server's user (and root) can enter: the wanted one, or when its path
 * is too long for a socket or closed to that user, a short one in the system's temporary folder, always the same.
 */
export async function makeSocketFolder(wanted: string, owner: Owner | null): Promise<string> {
  const tooLong = Buffer.byteLength(wanted + LONGEST_NAME) > LONGEST_PATH;
  if (!tooLong && (await isPrivate(wanted, owner)) && (await isReachable(wanted, owner))) return wanted;
  const name = hashText('sha256', wanted).slice(0, 12);
  const short = join(tmpdir(), `pulp-gateway-${process.getuid?.() ?? 0}-${name}`);
  if (await isPrivate(short, owner)) return short;
  throw new EmbeddedError(`${short}, needed for the database's socket, belongs to somebody else: remove it.`);
}

/** Makes the folder when it is missing. False when it belongs to somebody else, who could listen there in our place. */
async function isPrivate(folder: string, owner: Owner | null): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stat = await lstat(folder);
  const uid = owner?.uid ?? process.getuid?.();
  if (!stat.isDirectory() || (stat.uid !== uid && stat.uid !== process.getuid?.())) return false;
  if (owner) await chown(folder, owner.uid, owner.gid);
  await chmod(folder, 0o700);
  return true;
}
