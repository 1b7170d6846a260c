import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './gateway.ts';

const run = promisify(execFile);

/** Where the virtual environment with the real clients lies; it is made once. */
const VENV = join(ROOT, 'node_modules', '.cache', 'python-clients');
const PACKAGES = ['pulp-cli==0.41.1', 'pubtools-pulplib==2.45.0'];

/** Folder with the clients' programs, or the reason why they cannot be had here. */
export async function installClients(): Promise<{ bin: string } | { missing: string }> {
  const bin = join(VENV, 'bin');
  if (existsSync(join(bin, 'pulp')) && existsSync(join(VENV, 'complete'))) return { bin };
  try {
    await run('python3', ['-m', 'venv', VENV]);
    await run(join(bin, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...PACKAGES], {
      timeout: 240_000,
    });
    await run('touch', [join(VENV, 'complete')]);
    return { bin };
  } catch (error) {
    return { missing: `pulp-cli and pubtools-pulplib cannot be installed: ${(error as Error).message.split('\n')[0]}` };
  }
}
