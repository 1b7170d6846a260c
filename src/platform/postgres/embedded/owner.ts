import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedError } from './error.ts';

/** The user that the server runs as, when it must not be the one that we are. */
export interface Owner {
  name: string;
  uid: number;
  gid: number;
}

const PREFERRED = ['postgres', 'nobody', 'daemon'];
const OTHERS_MAY_ENTER = 0o001;

/**
 * PostgreSQL refuses to run as root, so root lends it another user: the one that the data folder belongs to already, or
 * an unprivileged entry of the password file (a number without an entry is refused too). Null when we are not root.
 */
export async function pickOwner(dataDir: string): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const users = parseUsers(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const present = await stat(dataDir).catch(() => null);
  const owner =
    users.find((user) => user.uid === present?.uid) ??
    PREFERRED.flatMap((name) => users.find((user) => user.name === name) ?? [])[0] ??
    users[0];
  if (owner) return owner;
  throw new EmbeddedError(
    'PostgreSQL does not run as root, and /etc/passwd has no other user to run it as. Start as another user, or set ' +
      'PULP_DATABASE_URL to an existing database.',
  );
}

/** True when the owner can enter a folder, as far as the permission bits for everybody say. */
export async function isReachable(folder: string, owner: Owner | null): Promise<boolean> {
  if (!owner) return true;
  const { mode, uid } = await stat(folder);
  if (uid !== owner.uid && (mode & OTHERS_MAY_ENTER) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || isReachable(parent, owner);
}

/** Unprivileged entries of a password file, in its order. */
export function parseUsers(passwd: string): Owner[] {
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    const user = { name, uid: Number(uid), gid: Number(gid) };
    return name !== '' && uid !== '' && Number.isInteger(user.gid) && user.uid > 0 ? [user] : [];
  });
}
