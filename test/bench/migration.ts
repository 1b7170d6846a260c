import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeOnDemandServer } from '../support/big-dump.ts';
import { ROOT } from '../support/gateway.ts';
import { writeFolder } from '../support/v2-dump.ts';
import { atLeast, atMost, type Figure } from './figures.ts';
import { memoryOfTree } from './memory.ts';

const UNITS = 200_000;
const REPOSITORIES = 200;
const WATCH_MS = 500;

/** Migrates a generated server of on-demand units into an empty store, and once more. */
export async function benchMigration(figures: Figure[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pulp-gateway-migration-'));
  try {
    const source = join(folder, 'dump');
    mkdirSync(source);
    await writeFolder(source, makeOnDemandServer(UNITS, REPOSITORIES), { gzip: false });
    const content = join(folder, 'content');
    mkdirSync(content);
    writeFileSync(join(content, 'empty'), '');
    const run = () => migrate(join(folder, 'home'), ['run', '--source', source, '--content-root', content, '--yes']);
    const first = await run();
    const again = await run();
    figures.push(
      { job: 'migration', value: UNITS / first.seconds, unit: 'units/s', target: atLeast(5000), ceiling: null },
      { job: 'migration again', value: again.seconds, unit: 's', target: atMost(3), ceiling: null },
      { job: 'peak memory of a migration', value: first.peak, unit: 'MiB', target: atMost(300), ceiling: null },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the command takes, its own database's start and stop included; the peak is that of its biggest process. */
async function migrate(home: string, args: string[]): Promise<{ seconds: number; peak: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, ['src/boot/bootstrap.mjs', 'migrate', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PULP_HOME: home, PULP_PORT: '0' },
  });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, ...memoryOfTree(child.pid ?? 0).map((member) => member.peak));
  }, WATCH_MS);
  const [code] = await once(child, 'exit');
  clearInterval(watch);
  if (code !== 0) throw new Error(`migrate ${args[0]} ended with ${code}.`);
  return { seconds: (performance.now() - started) / 1000, peak };
}
