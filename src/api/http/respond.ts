import type { ServerResponse } from 'node:http';
import type { Json } from '../../core/task/types.ts';
import type { Answer } from '../call.ts';

/** On every answer of the API (v3-api.md 1.5, corrections.md). */
const ALWAYS = {
  'Access-Control-Expose-Headers': 'Correlation-ID',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

export const NOT_FOUND_PAGE = `
<!doctype html>
<html lang="en">
<head>
  <title>Not Found</title>
</head>
<body>
  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>
</body>
</html>
`;

export const SERVER_ERROR_PAGE = NOT_FOUND_PAGE.replaceAll('Not Found', 'Server Error (500)').replace(
  /<p>.*<\/p>/,
  '<p></p>',
);

export interface Envelope {
  cid: string;
  /** Header Allow; null where no route was found. */
  allow: string | null;
  vary: string;
  head: boolean;
}

/** Sends an answer. `application/json` without a charset: the official client asserts it. */
export function respond(response: ServerResponse, answer: Answer, envelope: Envelope): void {
  const { type, content } = bodyOf(answer);
  const headers: Record<string, string | number> = { ...ALWAYS, 'Correlation-ID': envelope.cid };
  if (answer.status !== 301) headers['X-Frame-Options'] = 'DENY';
  if (envelope.allow !== null) {
    headers.Allow = envelope.allow;
    headers.Vary = envelope.vary;
  }
  if (type !== null) headers['Content-Type'] = type;
  headers['Content-Length'] = Buffer.byteLength(content);
  response.writeHead(answer.status, { ...headers, ...answer.headers });
  response.end(envelope.head ? undefined : content);
}

function bodyOf({ body, text }: Answer): { type: string | null; content: string } {
  if (text) return text;
  if (body === undefined) return { type: null, content: '' };
  return { type: 'application/json', content: toJson(body) };
}

/** JSON as it goes out. Numbers that are floats in Pulp 3 keep their value; JSON knows only one kind of number. */
function toJson(body: Json): string {
  return JSON.stringify(body);
}
