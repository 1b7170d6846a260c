import type { ServerResponse } from 'node:http';
import { dumpJson } from './json.ts';

/** How long a client may leave the answer unread: a database connection waits with it. */
const STALLED_MS = 60_000;
/** What may wait to be read: pages of 2,000 units end without the database waiting for the client. */
const MAX_BUFFERED = 2 * 1024 * 1024;

/** Sends a long JSON list with status 200, no faster than the client takes it. An error or a stalled client cuts it off. */
export async function sendList(response: ServerResponse, batches: AsyncIterable<readonly unknown[]>): Promise<void> {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  try {
    let glue = '[';
    for await (const batch of batches) {
      if (response.destroyed) return;
      if (batch.length === 0) continue;
      response.write(glue + batch.map(dumpJson).join(', '));
      glue = ', ';
      if (response.writableLength > MAX_BUFFERED) await drained(response);
    }
    response.end(glue === '[' ? '[]' : ']');
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), STALLED_MS);
    function go(): void {
      clearTimeout(timer);
      response.off('drain', go).off('close', go);
      resolve();
    }
    response.on('drain', go).on('close', go);
  });
}
