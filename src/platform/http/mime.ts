const DEFAULT_TYPE = 'application/octet-stream';

/**
 * Content types by the last extension of a file name, in small letters. Compressed files are themselves, never their
 * content with an encoding; `.iso` has no type of its own (golden/v3/11, v3-api.md 4.4).
 */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['bz2', 'application/x-bzip2'],
  ['css', 'text/css'],
  ['csv', 'text/csv'],
  ['deb', 'application/vnd.debian.binary-package'],
  ['drpm', 'application/x-rpm'],
  ['gif', 'image/gif'],
  ['gz', 'application/gzip'],
  ['htm', 'text/html'],
  ['html', 'text/html'],
  ['jar', 'application/java-archive'],
  ['jpeg', 'image/jpeg'],
  ['jpg', 'image/jpeg'],
  ['js', 'text/javascript'],
  ['json', 'application/json'],
  ['md', 'text/markdown'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['rpm', 'application/x-rpm'],
  ['sh', 'application/x-sh'],
  ['svg', 'image/svg+xml'],
  ['tar', 'application/x-tar'],
  ['tgz', 'application/gzip'],
  ['txt', 'text/plain'],
  ['xml', 'text/xml'],
  ['xz', 'application/x-xz'],
  ['yaml', 'application/yaml'],
  ['yml', 'application/yaml'],
  ['zip', 'application/zip'],
  ['zst', 'application/zstd'],
]);

/** Content type of a file, by its name or path. */
export function contentTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 1 ? DEFAULT_TYPE : (TYPES.get(name.slice(dot + 1).toLowerCase()) ?? DEFAULT_TYPE);
}
