import { connect, type Socket } from 'node:net';

export interface LoadResult {
  requestsPerSecond: number;
  p50: number;
  p99: number;
  errors: number;
}

/**
 * Sends one GET again and again over `connections` kept-alive sockets, one request at a time on each, for `seconds`.
 * Raw sockets with prepared bytes: a client library would cost more than the server it measures.
 */
export async function load(url: URL, headers: string, connections: number, seconds: number): Promise<LoadResult> {
  const request = Buffer.from(`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n${headers}\r\n`);
  const end = Date.now() + seconds * 1000;
  const times: number[] = [];
  let errors = 0;
  const note = (ms: number, ok: boolean) => {
    times.push(ms);
    if (!ok) errors += 1;
  };
  await Promise.all(Array.from({ length: connections }, () => oneConnection(url, request, end, note)));
  times.sort((left, right) => left - right);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? 0;
  return { requestsPerSecond: times.length / seconds, p50: at(0.5), p99: at(0.99), errors };
}

function oneConnection(url: URL, request: Buffer, end: number, note: (ms: number, ok: boolean) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    let sentAt = 0;
    const send = () => {
      sentAt = performance.now();
      socket.write(request);
    };
    socket.once('connect', send);
    socket.once('error', reject);
    onResponses(socket, (ok) => {
      note(performance.now() - sentAt, ok);
      if (Date.now() < end) return send();
      socket.destroy();
      resolve();
    });
  });
}

/** Calls back for each whole response; bodies must have a Content-Length. */
function onResponses(socket: Socket, done: (ok: boolean) => void): void {
  let buffer: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    const headEnd = buffer.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = buffer.toString('latin1', 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (buffer.length < headEnd + 4 + length) return;
    buffer = buffer.subarray(headEnd + 4 + length);
    done(/^HTTP\/1.1 2/.test(head));
  });
}
