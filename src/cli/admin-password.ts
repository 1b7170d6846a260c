import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { ADMIN, makePassword, setPassword } from '../boot/first-admin.ts';
import { openInstallation } from '../boot/installation.ts';
import { DONE, FAILED, WRONG_USE } from './exit-codes.ts';
import { loadSettings } from './settings.ts';

const POOL_SIZE = 2;

/** `admin-password`: a new password for an account, also while the server runs. */
export function addAdminPassword(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('admin-password')
    .description('set a new password: a generated one, which is printed, or one line of standard input')
    .option('--username <name>', 'the account', ADMIN)
    .option('--stdin', 'read the password from standard input')
    .action(async (options: { username: string; stdin?: true }) => {
      finish(await run(options.username, options.stdin === true));
    });
}

async function run(username: string, fromInput: boolean): Promise<number> {
  const password = fromInput ? (await text(process.stdin)).replace(/\r?\n$/, '') : makePassword();
  if (password === '') {
    console.error('The password is empty.');
    return WRONG_USE;
  }
  const installation = await openInstallation(loadSettings(), 'share', POOL_SIZE);
  try {
    if (!(await setPassword(installation.database, username, password))) {
      console.error(`There is no account ${username}.`);
      return FAILED;
    }
  } finally {
    await installation.close();
  }
  if (!fromInput) console.log(password);
  return DONE;
}
