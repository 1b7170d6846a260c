/** When a batch is full: by number of items, or by their weight together. */
export interface BatchLimits {
  count: number;
  weight: number;
}

/** Groups items; a batch ends with the item that fills it. */
export async function* batches<Item>(
  source: AsyncIterable<Item>,
  limits: BatchLimits,
  weigh: (item: Item) => number,
): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  let weight = 0;
  for await (const item of source) {
    batch.push(item);
    weight += weigh(item);
    if (batch.length < limits.count && weight < limits.weight) continue;
    yield batch;
    batch = [];
    weight = 0;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Works on up to `depth` items at once while the reader works on an earlier one; results come in the order of the
 * source. However it ends, nothing is left running: results that nobody took go to `drop`.
 */
export async function* ahead<In, Out>(
  source: AsyncIterable<In>,
  depth: number,
  work: (item: In) => Promise<Out>,
  drop: (result: Out) => Promise<void>,
): AsyncGenerator<Out> {
  const running: Promise<Out>[] = [];
  try {
    for await (const item of source) {
      const started = work(item);
      // It may fail before its turn comes; it is still awaited then.
      started.catch(() => undefined);
      running.push(started);
      if (running.length >= depth) yield await (running.shift() as Promise<Out>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<Out>);
  } finally {
    for (const end of await Promise.allSettled(running)) {
      if (end.status === 'fulfilled') await drop(end.value);
    }
  }
}
