import type { App } from '../plugin/app.ts';

/** A place below which distributions are served. */
export interface Mount {
  /** With slashes at both ends. */
  prefix: string;
  /** Distribution types that are found here by base path; null: all. */
  types: readonly string[] | null;
}

export interface Target {
  mount: Mount;
  /** As the client wrote it, without the query. */
  rawPath: string;
  /** Decoded, below the mount; never with a leading slash. */
  path: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

export function mountsOf(app: Pick<App, 'services' | 'contentRoots'>): Mount[] {
  return [{ prefix: app.services.settings.contentPathPrefix, types: null }, ...app.contentRoots];
}

/** What a request line asks for: null when it is not below any mount, 'nothing' when no file can have such a path. */
export function parseTarget(mounts: readonly Mount[], url: string): Target | 'nothing' | null {
  const query = url.indexOf('?');
  const rawPath = query < 0 ? url : url.slice(0, query);
  for (const mount of mounts) {
    if (rawPath.startsWith(mount.prefix)) return decodeTarget(mount, rawPath);
    if (rawPath.length === mount.prefix.length - 1 && mount.prefix.startsWith(rawPath)) return 'nothing';
  }
  return null;
}

function decodeTarget(mount: Mount, rawPath: string): Target | 'nothing' {
  const path = decode(rawPath.slice(mount.prefix.length));
  if (path === null || CONTROL.test(path) || path.startsWith('/')) return 'nothing';
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return 'nothing';
  return { mount, rawPath, path };
}

function decode(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
