import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { hashText } from '../platform/crypto/digests.ts';
import { StartError } from './start-error.ts';

/** Where things are in the folder of state. */
export interface Home {
  databaseFolder: string;
  databaseLog: string;
  socketFolder: string;
  secretKeyFile: string;
  adminPasswordFile: string;
}

// Everybody may pass (root's database server runs as another user), nobody else may look around.
const FOLDER_MODE = 0o711;
const STORAGE_MODE = 0o750;
const KEY_BYTES = 32;

export function homeOf(config: Config): Home {
  return {
    databaseFolder: join(config.home, 'postgres'),
    databaseLog: join(config.home, 'postgres.log'),
    socketFolder: join(config.home, 'run'),
    secretKeyFile: join(config.home, 'secret.key'),
    adminPasswordFile: join(config.home, 'admin-password'),
  };
}

/** Makes the folders that everything is kept in. Throws `StartError` for one that cannot be used. */
export async function prepareHome(config: Config): Promise<Home> {
  await makeFolder('PULP_HOME', config.home, FOLDER_MODE);
  await makeFolder('PULP_WORKING_DIRECTORY', config.workingDirectory, FOLDER_MODE);
  await makeFolder('PULP_STORAGE', config.storage, STORAGE_MODE);
  return homeOf(config);
}

async function makeFolder(setting: string, folder: string, mode: number): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { message } = cause as Error;
    throw new StartError(
      `Nothing can be kept in ${folder}: ${message}. Set ${setting} to a folder that can be written.`,
      {
        cause,
      },
    );
  }
}

/**
 * The 32 bytes that encrypt secrets: from the setting, or from a file that the first start makes. Whoever loses it loses
 * the stored passwords of remotes, and nothing else.
 */
export async function readSecretKey(config: Config, home: Home): Promise<Buffer> {
  if (config.secretKey !== null) return deriveKey(config.secretKey);
  return deriveKey(await keepSecret(home.secretKeyFile, randomBytes(KEY_BYTES).toString('base64')));
}

/** The text in the file, which is `made` when there was none. Throws `StartError` for a file that cannot be used. */
export async function keepSecret(file: string, made: string): Promise<string> {
  try {
    await writeFile(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readSecret(file);
    // A full disk leaves a file without its text.
    await rm(file, { force: true });
    throw new StartError(`A secret cannot be kept: ${(error as Error).message}.`, { cause: error });
  }
}

/** An empty file would be a secret that everybody knows. */
async function readSecret(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new StartError(`A secret cannot be read: ${cause.message}.`, { cause });
  });
  if (text.trim() !== '') return text.trim();
  throw new StartError(`${file} is empty: restore it, or remove it to have a new one made.`);
}

/** Any text makes a key; its strength is that of the text. */
function deriveKey(text: string): Buffer {
  return Buffer.from(hashText('sha256', text), 'hex');
}
