import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './gateway.ts';

export interface Outcome {
  code: number | null;
  /** Of both streams. */
  output: string;
}

export interface Command {
  args: readonly string[];
  env: Record<string, string>;
  input: string;
}

/** Runs the program as people do, to its end. */
export function runCommand({ args, env, input }: Command): Promise<Outcome> {
  const child = spawn(process.execPath, [join(ROOT, 'src/boot/bootstrap.mjs'), ...args], {
    env: { PATH: process.env.PATH, ...env },
  });
  child.stdin.end(input);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}
