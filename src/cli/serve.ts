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
/** A stop that takes longer is explained. */
const NOTE_MS = 1000;

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
  const signals = watchSignals();
  const config = loadSettings();
  const serving = await serve(config, role);
  announceReady(config, serving, role);
  const wentWrong = await Promise.race([signals.first.then(() => false), serving.lost.then(() => true)]);
  if (wentWrong) console.error('The database server ended by itself; its log is postgres.log in the folder of state.');
  await stop(serving, signals, wentWrong, config.taskGraceInterval);
  // Sockets of third parties must not keep a stopped server alive.
  setTimeout(() => process.exit(), LINGER_MS).unref();
  return wentWrong ? FAILED : DONE;
}

async function stop(serving: Serving, signals: Signals, wentWrong: boolean, graceSeconds: number): Promise<void> {
  const note = setTimeout(() => {
    console.error(`Stopping: running tasks have ${graceSeconds} s to finish. Ctrl-C again aborts them.`);
  }, NOTE_MS);
  const stopped = serving.stop();
  // Without a database no task can end well.
  if (wentWrong) serving.hurry();
  signals.onNext(() => {
    console.error('Stopping now: running tasks are aborted.');
    serving.hurry();
  });
  await stopped;
  clearTimeout(note);
}

function announceReady(config: Config, serving: Serving, role: Role): void {
  if (role === 'all' && serving.origin !== null) showScreen(config, serving, serving.origin);
  console.log(serving.origin === null ? 'ready' : `ready ${serving.origin}`);
}

interface Signals {
  first: Promise<void>;
  /** What the next one does. One more ends the process on the spot, as does a second one when there is nothing to do. */
  onNext(action: () => void): void;
}

function watchSignals(): Signals {
  let heard: number | null = null;
  let next: (() => void) | null = null;
  const first = new Promise<void>((resolve) => {
    function hear(): void {
      const now = performance.now();
      if (heard !== null && now - heard <= SAME_SIGNAL_MS) return;
      if (heard !== null && next === null) process.exit(FAILED);
      heard = now;
      resolve();
      next?.();
      next = null;
    }
    for (const signal of SIGNALS) process.on(signal, hear);
  });
  return {
    first,
    onNext(action) {
      next = action;
    },
  };
}
