import type { RequestListener } from 'node:http';
import { createContentHandler } from '../content-app/handler.ts';
import { type Context, createRestApp } from '../context.ts';

/** Answers the requests of one process: content first, without the cost of Express, then the REST faces. */
export function createRequestListener(context: Context): RequestListener {
  const content = createContentHandler(context.app);
  const rest = createRestApp(context);
  return (request, response) => {
    if (!content(request, response)) rest(request, response);
  };
}
