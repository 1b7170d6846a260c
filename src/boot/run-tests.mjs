// The test sequence: cheap checks first, stop at the first failure, one closing line with the totals.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { projectRoot } from './folders.mjs';

const LAYER_CHECK = ['--config', '.dependency-cruiser.cjs', 'src', 'compat-v2'];

/** Arguments go to vitest, so that `npm test -- test/unit` runs a part. Sets the exit code. */
export async function runTests(args) {
  const steps = [
    ['build', () => ensureBuilt()],
    ['types', () => tool('typescript/bin/tsc', ['-p', 'tsconfig.json'])],
    ['lint', () => tool('@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.'])],
    ['layers', () => tool('dependency-cruiser/bin/dependency-cruise.mjs', LAYER_CHECK)],
    ['tests', () => tool('vitest/vitest.mjs', ['run', ...args])],
  ];
  for (const [name, run] of steps) {
    const started = Date.now();
    console.log(`--- ${name}`);
    const failure = await run().then(
      () => null,
      (error) => error,
    );
    if (failure) {
      console.error(failure.message);
      // vitest has printed its own totals.
      if (name !== 'tests') console.log('0 passed, 1 failed');
      process.exitCode = 1;
      return;
    }
    if (name !== 'tests') console.log(`--- ${name} ok, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
}

function tool(script, args) {
  const child = spawn(process.execPath, [join(projectRoot, 'node_modules', script), ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => (code === 0 ? resolve() : reject(new Error(`failed: ${signal ?? code}`))));
  });
}
