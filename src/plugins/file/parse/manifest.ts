import { TextDecoder } from 'node:util';
import { PulpError } from '../../../core/errors.ts';
import { assertRelativePath, PathError } from '../../../platform/storage/paths.ts';

export interface ManifestEntry {
  relative_path: string;
  sha256: string;
  size: number;
}

/** Longer lines are no manifest. */
const MAX_LINE = 8192;
const LINE_FEED = 0x0a;
const DIGEST = /^[0-9a-f]{64}$/i;
const SIZE = /^\d{1,15}$/;
/** Only ASCII can be a trick. */
const PERCENT = /%([0-7][0-9a-f])/gi;

/**
 * Reads a PULP_MANIFEST (v3-api.md 5.8), entry by entry, whatever its size. Lines may end with or without a carriage
 * return; blank ones and comments are passed over. The first bad line ends it with an error that names its number.
 */
export async function* parseManifest(body: AsyncIterable<Uint8Array>): AsyncGenerator<ManifestEntry> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  for await (const line of splitLines(body)) {
    number += 1;
    if (line.byteLength > MAX_LINE) throw badLine(number, null);
    const entry = parseLine(decodeLine(decoder, line, number), number);
    if (entry) yield entry;
  }
}

/** The line for an entry, with its line end. */
export function renderEntry({ relative_path, sha256, size }: ManifestEntry): string {
  return `${relative_path},${sha256},${size}\n`;
}

/** Lines without their line feed. One that grows too long is given as far as it is known, so that memory stays bounded. */
async function* splitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of body) {
    const data = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = data.indexOf(LINE_FEED); end >= 0; end = data.indexOf(LINE_FEED, start)) {
      yield data.subarray(start, end);
      start = end + 1;
    }
    rest = data.subarray(start);
    if (rest.byteLength > MAX_LINE) break;
  }
  if (rest.byteLength > 0) yield rest;
}

function decodeLine(decoder: TextDecoder, line: Uint8Array, number: number): string {
  try {
    return decoder.decode(line).trim();
  } catch (cause) {
    throw badLine(number, 'The line is not valid UTF-8.', cause);
  }
}

/** Paths may hold commas: the last two split. */
function parseLine(line: string, number: number): ManifestEntry | null {
  if (line === '' || line.startsWith('#')) return null;
  const beforeSize = line.lastIndexOf(',');
  const beforeDigest = line.lastIndexOf(',', beforeSize - 1);
  if (beforeSize < 0 || beforeDigest < 0) throw badLine(number, null);
  const digest = line.slice(beforeDigest + 1, beforeSize).trim();
  const size = line.slice(beforeSize + 1).trim();
  if (!DIGEST.test(digest) || !SIZE.test(size)) throw badLine(number, null);
  const path = checkPath(line.slice(0, beforeDigest).trim(), number);
  return { relative_path: path, sha256: digest.toLowerCase(), size: Number(size) };
}

function checkPath(path: string, number: number): string {
  try {
    return assertPlainPath(path);
  } catch (error) {
    if (error instanceof PathError) throw badLine(number, `The relative path ${error.reason}.`, error);
    throw error;
  }
}

/**
 * A relative path that stays one however often somebody decodes its percent signs on the way to a host's disk. Throws
 * `PathError`.
 */
export function assertPlainPath(path: string): string {
  assertRelativePath(path);
  const decoded = path.replaceAll(PERCENT, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (decoded !== path) assertPlainPath(decoded);
  return path;
}

function badLine(number: number, detail: string | null, cause?: unknown): PulpError {
  const text =
    `Error: Parsing of the manifest file failed on line:${number}.\n` +
    'Please make sure the remote URL is pointing to a valid manifest file.\n' +
    'The manifest file should be composed of lines in the following format: <relative_path>,<digest>,<size>.';
  return new PulpError('task', detail ? `${text}\n${detail}` : text, { cause });
}
