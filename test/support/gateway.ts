import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = process.cwd();
export const PASSWORD = 'test-password';

export interface Gateway {
  url: string;
  home: string;
  /** Milliseconds from start to the line "ready". */
  readyAfter: number;
  process: ChildProcess;
  /** What it printed so far. */
  output(): string;
  /** GET, POST … with the administrator's credentials; a body is sent as JSON. */
  call(method: string, path: string, body?: unknown): Promise<Response>;
  /** Drains and stops it; gives the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL to the server and its workers, as a power cut would. */
  kill(): Promise<void>;
}

export interface GatewayOptions {
  /** Folder of its state; a new one each time when null. */
  home: string | null;
  env: Record<string, string>;
}

/** Starts the built gateway as a process of its own on a free port, and waits until it is ready. */
export async function startGateway({ home, env }: GatewayOptions): Promise<Gateway> {
  const folder = home ?? mkdtempSync(join(tmpdir(), 'pulp-gateway-'));
  const started = Date.now();
  const child = spawn(process.execPath, ['src/boot/bootstrap.mjs', 'serve'], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PULP_HOME: folder, PULP_PORT: '0', PULP_ADMIN_PASSWORD: PASSWORD, ...env },
  });
  const lines: string[] = [];
  const url = await readyLine(child, lines);
  const authorization = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
  return {
    url,
    home: folder,
    readyAfter: Date.now() - started,
    process: child,
    output: () => lines.join('\n'),
    call: (method, path, body) =>
      fetch(new URL(path, url), {
        method,
        headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    stop: () => endProcess(child, () => child.kill('SIGTERM')),
    async kill() {
      await endProcess(child, () => process.kill(-(child.pid ?? 0), 'SIGKILL'));
    },
  };
}

/** Stops a gateway and removes its state. */
export async function removeGateway(gateway: Gateway): Promise<void> {
  await gateway.stop();
  rmSync(gateway.home, { recursive: true, force: true });
}

function readyLine(child: ChildProcess, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const [, url] = /^ready (\S+)/.exec(line) ?? [];
        if (url) resolve(url);
      });
    }
    child.once('exit', (code) => reject(new Error(`The gateway ended with ${code}:\n${lines.join('\n')}`)));
  });
}

function endProcess(child: ChildProcess, end: () => void): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    end();
  });
}
