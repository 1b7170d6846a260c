import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmbeddedError } from './error.ts';

const POLL_MS = 20;
/** A server whose gateway was killed is already shutting down; after this it is asked again, then made to. */
const ESCALATION: [afterMs: number, signal: NodeJS.Signals][] = [
  [2_000, 'SIGINT'],
  [10_000, 'SIGQUIT'],
];
const GIVE_UP_MS = 20_000;
const run = promisify(execFile);

/** Process number in postmaster.pid; null without that file. */
export async function readServerPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => null);
  const pid = text === null ? Number.NaN : Number.parseInt(text, 10);
  return pid > 0 ? pid : null;
}

/**
 * Leaves a data folder without a server: waits for one that a killed gateway left behind to end, and removes the file of
 * one that is gone (its number may belong to another process by now, which PostgreSQL takes for a server).
 */
export async function endOrphan(dataDir: string): Promise<void> {
  const pid = await readServerPid(dataDir);
  if (pid === null) return;
  const started = Date.now();
  const steps = [...ESCALATION];
  while (await isServerOf(pid, dataDir)) {
    const waited = Date.now() - started;
    if (waited > GIVE_UP_MS) throw new EmbeddedError(`Process ${pid} uses ${dataDir} and does not end: stop it.`);
    const [afterMs, signal] = steps[0] ?? [];
    if (afterMs !== undefined && waited > afterMs) {
      steps.shift();
      signalServer(pid, signal);
    }
    await sleep(POLL_MS);
  }
  if ((await readServerPid(dataDir)) === pid) await rm(join(dataDir, 'postmaster.pid'), { force: true });
}

/** Signals a process that may have ended by itself. */
export function signalServer(pid: number, signal: NodeJS.Signals | undefined): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** True when the process is a PostgreSQL server of this folder: a server's working folder is its data folder. */
async function isServerOf(pid: number, dataDir: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return folder !== null && folder === (await realpath(dataDir));
  }
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.includes('postgres') && stdout.includes(dataDir);
}
