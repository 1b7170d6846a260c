import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request itself (true), or leaves it to the files. */
export type Fault = (req: IncomingMessage, res: ServerResponse, path: string) => boolean;

export interface Upstream {
  url: string;
  /** By path without a leading slash; may be changed while it runs. */
  files: Map<string, Buffer>;
  /** Asked before the files are; null: nothing goes wrong. */
  fault: Fault | null;
  /** Paths asked for so far. */
  requests: string[];
  mostAtOnce: number;
  close(): Promise<void>;
}

/** A server of files on loopback that can be made to misbehave; port 0 is any free one. */
export async function startUpstream(port = 0): Promise<Upstream> {
  let running = 0;
  const server = createServer((req, res) => {
    const path = decodeURIComponent((req.url ?? '').slice(1));
    upstream.requests.push(path);
    running += 1;
    upstream.mostAtOnce = Math.max(upstream.mostAtOnce, running);
    res.on('close', () => {
      running -= 1;
    });
    if (upstream.fault?.(req, res, path)) return;
    const body = upstream.files.get(path);
    if (!body) {
      res.writeHead(404).end();
      return;
    }
    res.writeHead(200, { 'content-length': body.length });
    res.end(req.method === 'HEAD' ? undefined : body);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const upstream: Upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    fault: null,
    requests: [],
    mostAtOnce: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return upstream;
}

/** Puts files into a folder of the upstream with the manifest that lists them. */
export function putManifest(upstream: Upstream, folder: string, files: Record<string, string | Buffer>): void {
  const lines = Object.entries(files).map(([path, text]) => {
    const body = Buffer.from(text as string);
    upstream.files.set(`${folder}/${path}`, body);
    return `${path},${sha256Of(body)},${body.length}\n`;
  });
  upstream.files.set(`${folder}/PULP_MANIFEST`, Buffer.from(lines.join('')));
}

export function sha256Of(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
