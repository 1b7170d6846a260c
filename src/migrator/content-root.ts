import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { LRUCache } from 'lru-cache';

/** Where every Pulp 2 kept its files, unless its server.conf said otherwise. */
export const V2_STORAGE = '/var/lib/pulp';
const MOST_LINKS = 40;
const LISTED_DEPTH = 4;
const LONGEST_LISTING = 4096;
const MOST_LISTINGS = 512;

export type FoundFile =
  | { readonly state: 'present'; readonly path: string; readonly size: number; readonly mtimeMs: number }
  | { readonly state: 'folder'; readonly path: string }
  | { readonly state: 'missing' | 'unusable'; readonly problem: string };

/** The folder that stands for the old server's /var/lib/pulp. Never leads outside of itself, whatever links say. */
export interface ContentRoot {
  readonly folder: string;
  /** Looks up a path as a document has it. Links are followed, those into /var/lib/pulp too. */
  find(v2Path: string): Promise<FoundFile>;
  /** Looks up a unit's file: its path, or the file of that name inside it (on-demand isos have only the folder). */
  findUnit(v2Path: string, name: string): Promise<FoundFile>;
}

export function openContentRoot(folder: string): ContentRoot {
  const listings = makeListings(folder);
  const find = async (v2Path: string) => {
    const inside = fromV2Path(v2Path);
    return inside === null ? outside(v2Path) : walk(folder, inside, listings);
  };
  return {
    folder,
    find,
    async findUnit(v2Path, name) {
      const found = await find(v2Path);
      if (found.state !== 'folder') return found;
      const inner = await find(`${v2Path}/${name}`);
      const base = name.slice(name.lastIndexOf('/') + 1);
      return inner.state === 'missing' && base !== name ? find(`${v2Path}/${base}`) : inner;
    },
  };
}

function outside(path: string): FoundFile {
  return { state: 'unusable', problem: `${path} lies outside of the content folder` };
}

/** The part below the storage folder; a storage folder of another name is known by content/units. Null: elsewhere. */
function fromV2Path(path: string): string | null {
  if (path.includes('\0')) return null;
  if (path.startsWith(`${V2_STORAGE}/`)) return path.slice(V2_STORAGE.length + 1);
  const at = path.indexOf('/content/units/');
  return at < 0 ? null : path.slice(at + 1);
}

type Kind = 'file' | 'folder' | 'link' | 'other' | 'missing' | 'unusable';
type Listing = ReadonlyMap<string, Kind> | 'too big' | 'missing' | 'unusable';
type Look = (folder: string, name: string) => Promise<Kind>;

/**
 * Tells what a name is. Down to content/units/<type>/<xx> folders are listed once and remembered: of 200,000 units that
 * were never downloaded not one needs a system call of its own (asking for each took 25 µs, most of it for the error).
 */
function makeListings(root: string): Look {
  const known = new LRUCache<string, Promise<Listing>>({ max: MOST_LISTINGS });
  return async (folder, name) => {
    if (split(folder).length > LISTED_DEPTH) return lookAt(join(root, folder, name));
    const listing = known.get(folder) ?? list(join(root, folder));
    known.set(folder, listing);
    const names = await listing;
    if (names === 'too big') return lookAt(join(root, folder, name));
    return typeof names === 'string' ? names : (names.get(name) ?? 'missing');
  };
}

async function list(path: string): Promise<Listing> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.length > LONGEST_LISTING ? 'too big' : new Map(entries.map((entry) => [entry.name, kindOf(entry)]));
  } catch (cause) {
    return kindOfError(cause);
  }
}

async function lookAt(path: string): Promise<Kind> {
  try {
    return kindOf(await lstat(path));
  } catch (cause) {
    return kindOfError(cause);
  }
}

function kindOf(entry: Dirent | Stats): Kind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

function kindOfError(cause: unknown): 'missing' | 'unusable' {
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unusable';
}

/** Goes down part by part, since each may be a link that has to be translated. */
async function walk(folder: string, inside: string, look: Look): Promise<FoundFile> {
  let todo = split(inside);
  let at = '';
  let links = 0;
  while (todo.length > 0) {
    const [part = '..', ...rest] = todo;
    if (part === '..') return outside(inside);
    const next = at === '' ? part : `${at}/${part}`;
    const kind = await look(at, part);
    if (kind === 'missing') return { state: 'missing', problem: `${inside} is not there` };
    if (kind === 'unusable') return { state: 'unusable', problem: `${next} cannot be read` };
    if (kind === 'link') {
      if (++links > MOST_LINKS) return { state: 'unusable', problem: `${next}: links go round in circles` };
      const target = await followLink(folder, next);
      if (target === null) return outside(next);
      todo = [...split(target), ...rest];
      at = '';
      continue;
    }
    if (rest.length === 0 && kind !== 'folder') return describe(join(folder, next), kind);
    if (kind !== 'folder') return { state: 'missing', problem: `${next} is no folder` };
    todo = rest;
    at = next;
  }
  return { state: 'folder', path: join(folder, at) };
}

async function describe(path: string, kind: Kind): Promise<FoundFile> {
  if (kind !== 'file') return { state: 'unusable', problem: `${path} is no regular file` };
  try {
    const { size, mtimeMs } = await stat(path);
    return { state: 'present', path, size, mtimeMs };
  } catch (cause) {
    return { state: 'unusable', problem: (cause as Error).message };
  }
}

/** Where a link inside the folder leads, as a path below the folder; null when that is outside. */
async function followLink(folder: string, link: string): Promise<string | null> {
  const target = await readlink(join(folder, link)).catch(() => null);
  if (target === null) return null;
  if (target.startsWith('/')) {
    const inFolder = relative(folder, target);
    return inFolder.startsWith('..') || inFolder.startsWith('/') ? fromV2Path(normalize(target)) : inFolder;
  }
  const inside = normalize(join(dirname(link), target));
  return inside === '..' || inside.startsWith(`..${sep}`) ? null : inside;
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
