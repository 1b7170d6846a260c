import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startClock } from '../../../src/platform/schedule/clock.ts';

describe('clock', () => {
  it('ticks at once and again, drops overlapping ticks, and survives a failing one', async () => {
    const errors: unknown[] = [];
    let ticks = 0;
    let running = 0;
    let overlapped = false;
    const clock = await startClock({
      everySeconds: 0.1,
      async onTick() {
        ticks += 1;
        running += 1;
        overlapped ||= running > 1;
        await sleep(250);
        running -= 1;
        if (ticks === 1) throw new Error('first tick failed');
      },
      onError: (error) => errors.push(error),
    });
    await waitUntil(() => ticks >= 3);
    await clock.stop();
    expect(running).toBe(0);
    expect(overlapped).toBe(false);
    expect(errors).toEqual([new Error('first tick failed')]);
    const afterStop = ticks;
    await sleep(300);
    expect(ticks).toBe(afterStop);
  });
});

async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited too long');
    await sleep(10);
  }
}
