/** The one place where a text becomes a place on disk or in a URL. */

/** A text that must not become a path. `reason` ends a sentence that begins with the path. */
export class PathError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(`The path ${reason}.`);
    this.reason = reason;
  }
}

const SHA256 = /^[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** What RFC 3986 allows in a segment besides what encodeURIComponent leaves alone. */
const SEGMENT_DELIMITERS = /%(24|26|2B|2C|3A|3B|3D|40)/g;

/** Where the bytes with this digest lie below the store's root: `artifact/ab/cdef…` (v3-api.md 2.9). */
export function artifactPath(sha256: string): string {
  if (!SHA256.test(sha256)) throw new PathError('is not named by a sha256 digest');
  return `artifact/${sha256.slice(0, 2)}/${sha256.slice(2)}`;
}

/** The artifact whose file has this path below the store's artifact folder; null for what is none. */
export function artifactAt(folder: string, name: string): string | null {
  const sha256 = `${folder}${name}`;
  return SHA256.test(sha256) && folder.length === 2 ? sha256 : null;
}

/** Where a temporary file lies below the store's root. */
export function tempPath(id: string): string {
  return `tmp/files/${assertUuid(id)}`;
}

/** Where the bytes of an upload are collected, below the store's root. */
export function uploadPath(id: string): string {
  return `upload/${assertUuid(id)}`;
}

/**
 * Returns `text` when it names a file below wherever it is put, in a URL or on disk; throws `PathError` otherwise.
 * Refused are: absolute and empty paths, empty, `.` and `..` segments, backslashes, control characters, broken Unicode.
 */
export function assertRelativePath(text: string): string {
  if (text === '') throw new PathError('is empty');
  if (text.startsWith('/')) throw new PathError('is absolute');
  if (CONTROL.test(text)) throw new PathError('holds a control character');
  if (LONE_SURROGATE.test(text)) throw new PathError('is not valid Unicode');
  if (text.includes('\\')) throw new PathError('holds a backslash');
  for (const segment of text.split('/')) {
    if (segment === '') throw new PathError('has an empty segment');
    if (segment === '.' || segment === '..') throw new PathError(`has a segment "${segment}"`);
  }
  return text;
}

/** Drops slashes around and doubled slashes in a base path, and checks the rest as a relative path. */
export function normaliseBasePath(text: string): string {
  return assertRelativePath(text.split('/').filter(Boolean).join('/'));
}

/** Joins parts with exactly one slash between them; the result starts with one and ends with one only if the last part did. */
export function joinUrlPath(...parts: string[]): string {
  const path = `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
  return parts.at(-1)?.endsWith('/') && path !== '/' ? `${path}/` : path;
}

/** Percent-encodes everything but slashes and what may stand in a segment as it is. */
export function encodeUrlPath(path: string): string {
  return encodeURIComponent(path).replaceAll('%2F', '/').replace(SEGMENT_DELIMITERS, decodeURIComponent);
}

/** The URL of a file that a document names relative to its own folder. Query and credentials of the document's URL stay. */
export function urlBeside(documentUrl: string, relativePath: string): string {
  const url = new URL(documentUrl);
  const folder = url.pathname.slice(0, url.pathname.lastIndexOf('/') + 1);
  url.pathname = folder + encodeUrlPath(assertRelativePath(relativePath));
  return url.href;
}

function assertUuid(id: string): string {
  if (!UUID.test(id)) throw new PathError('is not named by a UUID');
  return id;
}
