import type { RequestListener } from 'node:http';
import { type Context, createRestApp } from '../context.ts';

/** Answers the requests of one process. */
export function createRequestListener(context: Context): RequestListener {
  return createRestApp(context);
}
