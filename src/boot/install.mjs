// Installs the packages that package-lock.json names, when they are not there yet.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instructive, isWritable, link, mirrorFolder, projectRoot } from './folders.mjs';

/** Runs `npm ci` unless node_modules has every package of the lock; `withTools` asks for the development ones too. */
export function ensureModules(withTools) {
  if (isInstalled(projectRoot, withTools)) return;
  const target = isWritable(projectRoot) ? projectRoot : mirrorFolder();
  if (target !== projectRoot && isInstalled(target, withTools)) return;
  process.stderr.write('Installing packages (once) …\n');
  const result = npm(
    ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    target,
  );
  if (result.status === 0) return;
  throw instructive(
    `npm ci failed (${result.error?.message ?? `exit code ${result.status}`}). The packages are fetched once from the ` +
      'npm registry: check the network and proxy settings of npm, or copy a node_modules folder here.',
  );
}

/** The folder whose node_modules is complete: the project, or its mirror (then linked to the project's where it can). */
export function modulesFolder(mirror) {
  const own = join(projectRoot, 'node_modules');
  if (isInstalled(projectRoot, false)) link(own, join(mirror, 'node_modules'));
  return join(mirror, 'node_modules');
}

function npm(args, cwd) {
  const options = { cwd, stdio: ['ignore', 2, 2] };
  const cli = process.env.npm_execpath ?? '';
  if (/npm-cli\.[cm]?js$/.test(cli) && existsSync(cli)) return spawnSync(process.execPath, [cli, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** Compares contents, not times: a copied tree has arbitrary times. Optional packages of other platforms may be absent. */
function isInstalled(folder, withTools) {
  const wanted = readPackages(join(projectRoot, 'package-lock.json'));
  const present = readPackages(join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const installed = present[path];
    if (installed) return installed.version === entry.version;
    return Boolean(entry.optional || entry.devOptional || (entry.dev && !withTools));
  });
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? null;
  } catch {
    return null;
  }
}
