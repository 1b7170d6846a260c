import type { RequestListener } from 'node:http';
import type { Context } from '../context.ts';

/** Answers the requests of one process with the faces that its role has. */
export function createRequestListener(_context: Context): RequestListener {
  return (_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not found."}');
  };
}
