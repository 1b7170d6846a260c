import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inParallel, together } from '../../../src/migrator/in-parallel.ts';

describe('inParallel', () => {
  it('works on everything, never on more than its width', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++running);
      await sleep(item % 3);
      running--;
      done.push(item);
    });
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it('ends with the first failure, after what was under way', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const failing = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await sleep(item === 1 ? 20 : 1);
      if (item === 2) throw new Error('two');
      ended.push(item);
    });
    await expect(failing).rejects.toThrow('two');
    expect({ begun, ended }).toEqual({ begun: [1, 2], ended: [1] });
  });
});

describe('together', () => {
  it('waits for all, then throws', async () => {
    let slow = false;
    const late = sleep(10).then(() => {
      slow = true;
    });
    await expect(together(Promise.reject(new Error('early')), late)).rejects.toThrow('early');
    expect(slow).toBe(true);
  });
});
