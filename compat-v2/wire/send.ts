import type { IncomingMessage, ServerResponse } from 'node:http';
import { hashText } from '../../src/platform/crypto/digests.ts';
import type { Reply } from '../operation.ts';
import { dumpJson } from './json.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/html; charset=utf-8';

/** Sends an answer. Every GET has an ETag and may be conditional, nothing else has one (corrections.md 1.2). */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply & { readonly allow?: string },
): void {
  const isJson = reply.body !== undefined;
  const payload = Buffer.from(isJson ? dumpJson(reply.body) : (reply.text ?? ''));
  response.statusCode = reply.status;
  if (request.method === 'GET') {
    const etag = `"${hashText('md5', payload)}"`;
    response.setHeader('ETag', etag);
    if (isKnown(request.headers['if-none-match'], etag)) {
      response.statusCode = 304;
      response.end();
      return;
    }
  }
  if (reply.allow !== undefined) response.setHeader('Allow', reply.allow);
  if (reply.location !== undefined) response.setHeader('Location', reply.location);
  response.setHeader('Content-Type', isJson ? JSON_TYPE : TEXT_TYPE);
  response.setHeader('Content-Length', payload.length);
  response.end(payload);
}

/** One tag, several, or a star; a weak tag is as good. */
function isKnown(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}
