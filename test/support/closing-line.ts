import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/** Ends the output with one plain line of totals, for people and for CI. */
export const closingLine: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that could not be loaded, and an error outside every test, count as a failure each.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const failed = count('failed') + broken + errors.length;
    // At the very end, after whatever a teardown still has to say.
    process.once('exit', (code) =>
      printTotals(count('passed'), code !== 0 && failed === 0 ? 1 : failed, count('skipped')),
    );
  },
};

function printTotals(passed: number, failed: number, skipped: number): void {
  const totals = [`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])];
  process.stdout.write(`\n${totals.join(', ')}\n`);
}
