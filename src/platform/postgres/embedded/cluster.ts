import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { EmbeddedError } from './error.ts';
import { isReachable, type Owner } from './owner.ts';

export const SUPERUSER = 'pulp';

// Before 16, the programs looked up their own path by changing folders, which a closed parent folder forbids.
const OLDEST_MAJOR_BELOW_CLOSED_FOLDERS = 16;
/** Sorts by code point as C does, and knows small and capital letters beyond ASCII. */
const OLDEST_MAJOR_WITH_OWN_UNICODE = 17;
const run = promisify(execFile);

/** The major version that made a data folder; null when there is none yet. */
export async function readMajor(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => null);
  return text === null ? null : Number.parseInt(text, 10);
}

/**
 * Makes a data folder, in 0.5 s. It appears under its name when it is whole, so that a first start that was cut off
 * leaves nothing that looks like a database.
 */
export async function createCluster(
  dataDir: string,
  binaries: Binaries,
  owner: Owner | null,
  durable: boolean,
): Promise<void> {
  const partial = `${dataDir}.new`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  if (owner) await chown(partial, owner.uid, owner.gid);
  const folder = await serverPath(partial, binaries, owner);
  const sync = durable ? [] : ['--no-sync'];
  const unicode = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const locale = ['--locale=C', ...(binaries.major >= OLDEST_MAJOR_WITH_OWN_UNICODE ? unicode : [])];
  const settings = ['--username', SUPERUSER, '--auth=trust', '--encoding=UTF8', ...locale, '--no-instructions'];
  try {
    await run(join(binaries.bin, 'initdb'), ['-D', folder, ...settings, ...sync], {
      ...spawnAs(owner),
      cwd: partial,
      env: serverEnvironment(),
    });
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    throw new EmbeddedError(`PostgreSQL could not make a database in ${dataDir}: ${stderr.trim() || message}`, {
      cause,
    });
  }
  await chmod(partial, 0o700);
  await rename(partial, dataDir);
}

/**
 * The name by which the server's user knows the data folder. Below a folder that it may not enter (a root user's home)
 * that is the working folder, which root sets before it hands over.
 */
export async function serverPath(dataDir: string, binaries: Binaries, owner: Owner | null): Promise<string> {
  if (await isReachable(dataDir, owner)) return dataDir;
  if (process.platform === 'linux' && binaries.major >= OLDEST_MAJOR_BELOW_CLOSED_FOLDERS) return '/proc/self/cwd';
  throw new EmbeddedError(
    `PostgreSQL runs as user ${owner?.name}, who cannot enter a folder above ${dataDir}: set PULP_HOME to another folder.`,
  );
}

/** Options that start a child process as the owner. */
export function spawnAs(owner: Owner | null): { uid?: number; gid?: number } {
  return owner ? { uid: owner.uid, gid: owner.gid } : {};
}

/** Nothing of our environment reaches the server: PGDATA and the like would change what it does. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };
}
