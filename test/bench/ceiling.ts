import type { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { load } from './load.ts';

/** Requests per second of a node:http server that does nothing, in a thread of its own, under the same load. */
export async function bareHttp(connections: number): Promise<number> {
  const worker = new Worker(`(${serve})()`, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const { requestsPerSecond } = await load(new URL(`http://127.0.0.1:${port}/`), '', connections, 3);
  await worker.terminate();
  return requestsPerSecond;
}

/** Runs in the thread: becomes text, so it can use nothing from outside itself. */
function serve(): void {
  const http = process.getBuiltinModule('node:http') as { createServer: typeof createServer };
  const threads = process.getBuiltinModule('node:worker_threads');
  const server = http.createServer((_request, response) => response.end('x'.repeat(50)));
  server.listen(0, '127.0.0.1', () => threads.parentPort?.postMessage((server.address() as AddressInfo).port));
}
