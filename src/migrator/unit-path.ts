/** Names that the published manifest itself has. */
const RESERVED = new Set(['PULP_MANIFEST']);

/** What is wrong with a unit's name as a path in a repository; null when nothing is. */
export function pathProblem(name: string): string | null {
  if (name === '' || name.startsWith('/') || name.endsWith('/')) return 'is no relative path of a file';
  if (/[\0\r\n]/.test(name)) return 'holds control characters';
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'has empty or dotted parts';
  return RESERVED.has(name) ? 'is the name of the manifest' : null;
}
