import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ahead, batches } from '../../../src/plugin/sync/streams.ts';

async function* count(to: number): AsyncGenerator<number> {
  for (let number = 1; number <= to; number += 1) yield number;
}

async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const ignore = async () => undefined;

describe('batches', () => {
  it('are full by number or by weight', async () => {
    const byNumber = batches(count(5), { count: 2, weight: 100 }, () => 1);
    expect(await collect(byNumber)).toEqual([[1, 2], [3, 4], [5]]);
    const byWeight = batches(count(5), { count: 100, weight: 4 }, (number) => number);
    expect(await collect(byWeight)).toEqual([[1, 2, 3], [4], [5]]);
    expect(await collect(batches(count(0), { count: 2, weight: 2 }, () => 1))).toEqual([]);
  });
});

describe('working ahead', () => {
  it('keeps the order, and to its depth', async () => {
    let running = 0;
    let most = 0;
    const doubled = ahead(
      count(12),
      3,
      async (number) => {
        running += 1;
        most = Math.max(most, running);
        await sleep(12 - number);
        running -= 1;
        return number * 2;
      },
      ignore,
    );
    expect(await collect(doubled)).toEqual(Array.from({ length: 12 }, (_, index) => (index + 1) * 2));
    expect(most).toBe(3);
  });

  it('ends with the first failure in order, after all that was begun', async () => {
    const ended: number[] = [];
    const dropped: number[] = [];
    const work = async (number: number) => {
      await sleep(number === 2 ? 1 : 20);
      ended.push(number);
      if (number === 2) throw new Error('number 2');
      return number;
    };
    const drop = async (number: number) => {
      dropped.push(number);
    };
    await expect(collect(ahead(count(9), 3, work, drop))).rejects.toThrow('number 2');
    expect(ended.sort()).toEqual([1, 2, 3, 4]);
    expect(dropped).toEqual([3, 4]);
  });

  it('leaves nothing behind when its consumer stops, or its source fails', async () => {
    const dropped: number[] = [];
    const drop = async (number: number) => {
      dropped.push(number);
    };
    for await (const _ of ahead(count(9), 3, async (number) => number, drop)) break;
    expect(dropped).toEqual([2, 3]);
    async function* broken(): AsyncGenerator<number> {
      yield 7;
      throw new Error('source');
    }
    await expect(collect(ahead(broken(), 3, async (number) => number, drop))).rejects.toThrow('source');
    expect(dropped).toEqual([2, 3, 7]);
  });
});
