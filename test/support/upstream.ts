import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Files = Record<string, string | Buffer>;

export interface Upstream {
  url: string;
  /** Paths asked for, in order. */
  requests: string[];
  /** Replaces what is served. */
  serve(files: Files): void;
  close(): Promise<void>;
}

/** Files with the PULP_MANIFEST that lists them. */
export function withManifest(files: Files): Files {
  const lines = Object.entries(files).map(([name, body]) => {
    const bytes = Buffer.from(body);
    return `${name},${createHash('sha256').update(bytes).digest('hex')},${bytes.length}\n`;
  });
  return { ...files, PULP_MANIFEST: lines.join('') };
}

/** A web server with the given files below `/`. */
export async function startUpstream(initial: Files): Promise<Upstream> {
  let files = initial;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    requests.push(path);
    const body = files[path];
    if (body === undefined) response.writeHead(404).end('not found');
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    serve(next) {
      files = next;
    },
    close: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
