import type { Command } from 'commander';
import { ROLES, type Role, type Serving, serve } from '../boot/serve.ts';
import type { Config } from '../config/config.ts';
import { DONE, FAILED } from './exit-codes.ts';
import { showScreen } from './screen.ts';
import { loadSettings } from './settings.ts';

const DESCRIPTIONS: Record<Role, string> = {
  all: 'run everything in one place (the default of npm start)',
  api: 'run only the APIs',
  content: 'run only the serving of content',
  worker: 'run only workers',
  scheduler: 'run only the clock that starts what is due',
};

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Ctrl-C below npm arrives twice, from the terminal and from npm: only a later signal means impatience. */
const SAME_SIGNAL_MS = 1000;
const LINGER_MS = 2000;

/** `serve`, and a command for each role alone. */
export function addRoles(program: Command, finish: (exitCode: number) => void): void {
  for (const role of ROLES) {
    program
      .command(role === 'all' ? 'serve' : role)
      .description(DESCRIPTIONS[role])
      .action(async () => finish(await runRole(role)));
  }
}

async function runRole(role: Role): Promise<number> {
  const stopped = stopSignal();
  const config = loadSettings();
  const serving = await serve(config, role);
  announceReady(config, serving, role);
  const wentWrong = await Promise.race([stopped.then(() => false), serving.lost.then(() => true)]);
  if (wentWrong) console.error('The database server ended by itself; its log is postgres.log in the folder of state.');
  await serving.stop();
  // Sockets of third parties must not keep a stopped server alive.
  setTimeout(() => process.exit(), LINGER_MS).unref();
  return wentWrong ? FAILED : DONE;
}

function announceReady(config: Config, serving: Serving, role: Role): void {
  if (role === 'all' && serving.origin !== null) showScreen(config, serving, serving.origin);
  console.log(serving.origin === null ? 'ready' : `ready ${serving.origin}`);
}

/** Resolves at the first signal to stop; another one ends the process on the spot. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked: number | null = null;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (asked !== null && performance.now() - asked > SAME_SIGNAL_MS) process.exit(FAILED);
        asked ??= performance.now();
        resolve();
      });
    }
  });
}
