import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Upstream {
  url: string;
  close(): Promise<void>;
}

/** Serves `count` made-up files of 50 bytes with their PULP_MANIFEST from memory. */
export async function startUpstream(count: number): Promise<Upstream> {
  const body = (index: number) => `${index} `.padEnd(50, 'x');
  const lines = Array.from({ length: count }, (_, index) => {
    const digest = createHash('sha256').update(body(index)).digest('hex');
    return `file-${index}.bin,${digest},50\n`;
  });
  const manifest = Buffer.from(lines.join(''));
  const server = createServer((request, response) => {
    const [, index] = /file-(\d+)\.bin$/.exec(request.url ?? '') ?? [];
    response.end(index === undefined ? manifest : body(Number(index)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
