import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEnvironment, spawnAs } from './cluster.ts';
import { EmbeddedError } from './error.ts';
import { readServerPid, signalServer } from './orphan.ts';
import type { Owner } from './owner.ts';

/** A running server. */
export interface ServerProcess {
  pid: number;
  /** Settles when the server has ended, for whatever reason. */
  ended: Promise<void>;
  /** Ends it after its open transactions were rolled back. */
  stop(): Promise<void>;
}

export interface Launch {
  program: string;
  args: readonly string[];
  dataDir: string;
  logFile: string;
  owner: Owner | null;
}

const POLL_MS = 5;
const READY_LINE = 7;
// Recovery after a power failure replays up to max_wal_size.
const READY_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;

/**
 * Runs the server below a shell that waits for the end of its input: that pipe closes when we stop the server, and also
 * when we die in any way, SIGKILL included, so the server never outlives us. Signals to our process group do not reach it.
 */
const GUARD = `
trap '' HUP INT TERM
exec 3<&0
"$@" 3<&- & server=$!
(read -r _ <&3; kill -INT $server) & guard=$!
wait $server; status=$?
kill -KILL $guard 2>/dev/null
exit $status`;

/** Starts the server and waits until it takes connections; throws `EmbeddedError` with the end of its log when it ends. */
export async function launchServer(launch: Launch): Promise<ServerProcess> {
  const log = await open(launch.logFile, 'a', 0o600);
  const logged = (await log.stat()).size;
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', launch.program, ...launch.args], {
    ...spawnAs(launch.owner),
    cwd: launch.dataDir,
    env: serverEnvironment(),
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
  });
  const ended = endOf(child);
  await log.close();
  const state = { running: true };
  const watched = ended.then(() => {
    state.running = false;
  });
  const pid = await waitUntilReady(launch.dataDir, state);
  if (pid !== null) return { pid, ended: watched, stop: () => stop(child, pid, watched) };
  child.stdin?.end();
  await watched;
  const tail = (await readFile(launch.logFile)).subarray(logged).toString().trim().split('\n').slice(-5).join('\n');
  throw new EmbeddedError(`PostgreSQL did not start (its log is ${launch.logFile}):\n${tail}`);
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
    // The shell may be gone when its input is closed.
    child.stdin?.on('error', () => undefined);
  });
}

/** The server's process number once its pid file says "ready" (PostgreSQL 10 and newer); null when it ended first. */
async function waitUntilReady(dataDir: string, state: { running: boolean }): Promise<number | null> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (state.running && Date.now() < deadline) {
    const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
    if (text.split('\n')[READY_LINE]?.trim() === 'ready') return readServerPid(dataDir);
    await sleep(POLL_MS);
  }
  return null;
}

async function stop(child: ChildProcess, pid: number, ended: Promise<void>): Promise<void> {
  child.stdin?.end();
  const late = setTimeout(() => signalServer(pid, 'SIGQUIT'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(late);
}
