import type { RequestListener } from 'node:http';
import { createContentHandler } from '../content-app/handler.ts';
import { type Context, createRestApp } from '../context.ts';
import { withMetrics } from './metrics.ts';

/** Answers the requests of one process, with the faces that it has: content first, without the cost of Express. */
export function createRequestListener(context: Context, faces: { content: boolean; rest: boolean }): RequestListener {
  const content = faces.content ? createContentHandler(context.app) : () => false;
  const rest = faces.rest ? createRestApp(context) : notHere;
  return withMetrics(context.app.services, (request, response) => {
    if (!content(request, response)) rest(request, response);
  });
}

const notHere: RequestListener = (_request, response) => {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('404: Not Found');
};
