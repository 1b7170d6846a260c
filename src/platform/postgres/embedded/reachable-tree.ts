import { execFile } from 'node:child_process';
import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { EmbeddedError } from './error.ts';
import { isReachable, type Owner } from './owner.ts';

const SHARED_CACHE = '/var/cache';
const run = promisify(execFile);

/**
 * Programs that the owner can run: the same ones, or a copy. An npm package cannot hold the links that its shared
 * libraries need, so those are made here when the package's install script was not allowed to.
 */
export async function makeReachable(binaries: Binaries, owner: Owner | null, stateDir: string): Promise<Binaries> {
  const { tree } = binaries;
  if (tree === null) return binaries;
  const linked = await makeLinks(tree).then(
    () => true,
    () => false,
  );
  if (linked && (await isReachable(join(tree, 'bin', 'postgres'), owner))) return binaries;
  const copy = await copyTree(tree, owner, [stateDir, SHARED_CACHE, tmpdir()]);
  return { ...binaries, bin: join(copy, 'bin'), tree: copy };
}

/** Copies 60 MB, once: 0.15 s. The copy appears under its name when it is whole. */
async function copyTree(tree: string, owner: Owner | null, parents: readonly string[]): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dirname(tree), 'package.json'), 'utf8')) as { version: string };
  const name = `pulp-gateway-postgresql-${version}`;
  for (const parent of parents) {
    const copy = join(parent, name);
    if (!(await isUsableParent(parent, owner))) continue;
    if (await isOurs(copy)) return copy;
    const partial = `${copy}.${process.pid}`;
    try {
      await cp(tree, partial, { recursive: true, verbatimSymlinks: true });
      await run('chmod', ['-R', 'u+w,a+rX', partial]);
      await makeLinks(partial);
      await rename(partial, copy);
      return copy;
    } catch {
      await rm(partial, { recursive: true, force: true }).catch(() => undefined);
    }
  }
  throw new EmbeddedError(
    `User ${owner?.name ?? ''} cannot reach PostgreSQL's programs in ${tree}, and none of ${parents.join(', ')} can take ` +
      'a copy: move the project to a folder that everybody may enter, or set PULP_DATABASE_URL to an existing database.',
  );
}

async function isUsableParent(parent: string, owner: Owner | null): Promise<boolean> {
  await mkdir(parent, { recursive: true }).catch(() => undefined);
  return isReachable(parent, owner).catch(() => false);
}

/** A whole copy, made by ourselves: nobody else gets to choose the programs that run. */
async function isOurs(copy: string): Promise<boolean> {
  const stat = await lstat(copy).catch(() => null);
  return stat?.isDirectory() === true && stat.uid === process.getuid?.();
}

async function makeLinks(tree: string): Promise<void> {
  const list = JSON.parse(await readFile(join(tree, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const path = join(tree, relative('native', target));
    if (await lstat(path).catch(() => null)) continue;
    await symlink(relative(dirname(target), source), path);
  }
}
