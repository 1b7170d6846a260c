import type { IncomingMessage } from 'node:http';
import { readBody } from './body.ts';

/** The body is no JSON text in UTF-8. `message` says what is wrong with it. */
export class MalformedJsonError extends Error {}

/** Reads a JSON body of at most `limit` bytes; undefined when it is empty. Throws `MalformedJsonError`, `BodyTooLargeError`. */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  return parseJson(await readBody(request, limit));
}

/** Parses a body that was read before; undefined when it is empty. */
export function parseJson(body: Uint8Array): unknown {
  if (body.byteLength === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body));
  } catch (error) {
    throw new MalformedJsonError((error as Error).message, { cause: error });
  }
}
