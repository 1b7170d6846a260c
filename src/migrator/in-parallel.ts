/**
 * Works on items, `width` at a time. After a failure it begins nothing new, waits for what is under way, and throws the
 * first failure: when it ends, nothing goes on behind the caller's back.
 */
export async function inParallel<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    const one: Promise<void> = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(one));
    running.add(one);
    if (running.size >= width) await Promise.race(running);
    if (failures.length > 0) break;
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}

/** Waits for all of them, also when one fails; throws the first failure. */
export async function together<Results extends unknown[]>(
  ...works: { readonly [Place in keyof Results]: Promise<Results[Place]> }
): Promise<Results> {
  const failed = (await Promise.allSettled(works)).find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return (await Promise.all(works)) as Results;
}
