import { type ServerResponse, STATUS_CODES } from 'node:http';

/** The original's plain answers (golden/v3/11): the status in words, as text; a reason also in the status line. */
export function sendStatus(
  res: ServerResponse,
  status: number,
  options: { reason?: string; headers?: Record<string, string> },
): void {
  const phrase = options.reason ?? STATUS_CODES[status] ?? '';
  const body = `${status}: ${status === 416 ? 'Requested Range Not Satisfiable' : phrase}`;
  res.writeHead(status, phrase, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...options.headers,
  });
  res.end(res.req.method === 'HEAD' ? undefined : body);
}

export function sendHtml(res: ServerResponse, html: string): void {
  res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(html) });
  res.end(res.req.method === 'HEAD' ? undefined : html);
}
