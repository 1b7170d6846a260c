import { Command, CommanderError } from 'commander';
import { StartError } from '../boot/start-error.ts';
import { version } from '../config/root.ts';
import { SettingError } from '../config/setting.ts';
import { outageOf } from '../core/outage.ts';
import { EmbeddedError } from '../platform/postgres/embedded/error.ts';
import { MigrationError } from '../platform/postgres/migrate.ts';
import { addAdminPassword } from './admin-password.ts';
import { DONE, FAILED, WRONG_USE } from './exit-codes.ts';
import { addMigrate } from './migrate.ts';
import { addRoles } from './serve.ts';

/** Registers one command, or several of a kind. What the action resolves with becomes the exit code. */
export type AddCommand = (program: Command, finish: (exitCode: number) => void) => void;

const COMMANDS: readonly AddCommand[] = [addRoles, addMigrate, addAdminPassword];

/** Errors whose message is all that an operator needs. */
const INSTRUCTIVE = [StartError, EmbeddedError, MigrationError];

/** Runs a command line (without program names). Returns its exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  let exitCode = DONE;
  const program = new Command('pulp-gateway')
    .description('Pulp 2 and Pulp 3 APIs over one store, and the way from one to the other.')
    .version(version)
    .exitOverride();
  for (const add of COMMANDS) {
    add(program, (code) => {
      exitCode = code;
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  // Commander has said what was wrong, or shown the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE;
  if (error instanceof SettingError) {
    console.error(error.message);
    return WRONG_USE;
  }
  console.error(sentenceFor(error) ?? error);
  return FAILED;
}

/** Null for an error that only its stack explains. */
function sentenceFor(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (INSTRUCTIVE.some((kind) => error instanceof kind)) return error.message;
  const outage = outageOf(error);
  return outage && `${outage.message} (${error.message})`;
}
