import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeOnDemandServer } from '../support/big-dump.ts';
import { ROOT } from '../support/gateway.ts';
import { writeFolder } from '../support/v2-dump.ts';
import { atLeast, atMost, type Figure } from './figures.ts';

const UNITS = 200_000;
const REPOSITORIES = 200;

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
      { job: 'migration', value: UNITS / first, unit: 'units/s', target: atLeast(5000), ceiling: null },
      { job: 'migration again', value: again, unit: 's', target: atMost(3), ceiling: null },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds that the command takes, its own database's start and stop included. */
function migrate(home: string, args: string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ['src/boot/bootstrap.mjs', 'migrate', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PULP_HOME: home, PULP_PORT: '0' },
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) resolve((performance.now() - started) / 1000);
      else reject(new Error(`migrate ${args[0]} ended with ${code}.`));
    });
  });
}
