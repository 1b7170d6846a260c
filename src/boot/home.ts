import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
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

/** Makes the folder of state. Throws `StartError` when it cannot be written. */
export async function prepareHome(config: Config): Promise<Home> {
  try {
    await mkdir(config.home, { recursive: true, mode: FOLDER_MODE });
    await mkdir(config.workingDirectory, { recursive: true, mode: FOLDER_MODE });
  } catch (cause) {
    throw new StartError(
      `The folder of state cannot be made: ${(cause as Error).message}. Set PULP_HOME to a folder that can be written.`,
      { cause },
    );
  }
  return homeOf(config);
}

/**
 * The 32 bytes that encrypt secrets: from the setting, or from a file that the first start makes. Whoever loses it loses
 * the stored passwords of remotes, and nothing else.
 */
export async function readSecretKey(config: Config, home: Home): Promise<Buffer> {
  if (config.secretKey !== null) return deriveKey(config.secretKey);
  const made = randomBytes(KEY_BYTES).toString('base64');
  try {
    await writeFile(home.secretKeyFile, `${made}\n`, { mode: 0o600, flag: 'wx' });
    return deriveKey(made);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return deriveKey((await readFile(home.secretKeyFile, 'utf8')).trim());
  }
}

/** Any text makes a key; its strength is that of the text. */
function deriveKey(text: string): Buffer {
  return Buffer.from(hashText('sha256', text), 'hex');
}
