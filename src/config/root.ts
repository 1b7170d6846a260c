import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE_NAME = 'pulp-gateway';

/** The nearest folder upwards with our package.json, whether this runs from the sources or from the bundle. */
const packageFolder = findPackage(dirname(fileURLToPath(import.meta.url)));

/** Where the sources, migrations and mappings are. A build outside a read-only project has a link to its package.json. */
export const projectRoot: string = dirname(realpathSync(join(packageFolder, 'package.json')));

/** The version of this program. */
export const version: string = readPackage(packageFolder).version;

/** Path of a bundled entry point: `worker` for what src has as worker.entry.ts. Child processes and threads start there. */
export function entryPath(name: string): string {
  return join(packageFolder, 'dist', `${name}.js`);
}

function findPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json')) && readPackage(folder).name === PACKAGE_NAME) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`The package.json of ${PACKAGE_NAME} is not above its code.`);
  return findPackage(parent);
}

function readPackage(folder: string): { name: string; version: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string };
}
