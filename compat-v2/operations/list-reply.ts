import { ok, type Reply } from '../operation.ts';

/** A list as an answer: whole when it is one batch, as it comes when it is longer. */
export async function listReply(batches: AsyncIterable<readonly unknown[]>): Promise<Reply> {
  const iterator = batches[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return ok([]);
  const second = await iterator.next();
  if (second.done) return ok(first.value);
  return { status: 200, list: rejoin([first.value, second.value], iterator) };
}

async function* rejoin<Item>(head: Item[], tail: AsyncIterator<Item>): AsyncGenerator<Item> {
  try {
    yield* head;
    for (let next = await tail.next(); !next.done; next = await tail.next()) yield next.value;
  } finally {
    await tail.return?.();
  }
}
