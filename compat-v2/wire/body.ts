import type { IncomingMessage } from 'node:http';
import { PulpError } from '../../src/core/errors.ts';
import type { Json } from '../../src/core/task/types.ts';
import { notAnObject, notJson, unusableText } from '../errors.ts';
import type { BodyMode, JsonObject } from '../operation.ts';

/** Criteria with thousands of ids fit easily; uploads are read as streams. */
const LIMIT = 64 * 1024 * 1024;

export type ReadBody = { readonly body: JsonObject; readonly json: Json | undefined };

/** Reads a body as its operation wants it (v2-api.md 1.5). Errors: PLP1009, PLP1015, PLP0019, 413. */
export async function readBody(stream: IncomingMessage, mode: BodyMode): Promise<ReadBody> {
  if (mode === 'none' || mode === 'raw') return { body: {}, json: undefined };
  const bytes = await readAll(stream);
  if (bytes.length === 0) {
    if (mode === 'object' || mode === 'json') throw notJson();
    return { body: {}, json: undefined };
  }
  const json = parse(bytes);
  if (mode === 'json' || mode === 'optionalJson') return { body: {}, json };
  if (!isObject(json)) throw notAnObject();
  return { body: json, json };
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > LIMIT) throw new PulpError('too_large', 'The request body is too large.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse(bytes: Buffer): Json {
  if (!isShallow(bytes)) throw notJson();
  let text: string;
  let json: Json;
  try {
    text = utf8.decode(bytes);
    json = JSON.parse(text) as Json;
  } catch {
    throw notJson();
  }
  // Only an escape can bring what PostgreSQL cannot store; bodies without one are not looked through.
  if (/\\u(0000|d[89a-f])/i.test(text)) assertStorable(json);
  return json;
}

/** Code that follows a document recursively must not run out of stack. */
const MAX_DEPTH = 200;
const [QUOTE, BACKSLASH] = Buffer.from('"\\');

/** Looked at before it is parsed: to parse millions of brackets takes seconds in which nobody else is served. */
function isShallow(bytes: Buffer): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) inText = !inText;
    else if (inText) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (depth > MAX_DEPTH) return false;
  }
  return true;
}

function assertStorable(root: Json): void {
  const todo: Json[] = [root];
  for (let value = todo.pop(); value !== undefined; value = todo.pop()) {
    if (typeof value === 'string' && /\0|\p{Surrogate}/u.test(value)) throw unusableText(value);
    if (typeof value === 'object' && value !== null) {
      todo.push(...Object.values(value));
      if (!Array.isArray(value)) todo.push(...Object.keys(value));
    }
  }
}
