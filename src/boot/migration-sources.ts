import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../config/root.ts';
import type { MigrationSource } from '../platform/postgres/migrate.ts';

/** Components with tables of their own, in the order in which they build on each other. */
const COMPONENTS: readonly [component: string, folder: string][] = [
  ['core', 'src/core/migrations'],
  ['migrator', 'src/migrator/migrations'],
  ['v2', 'compat-v2/migrations'],
];

/** Migrations of the product, then those of plugins that have tables of their own. */
export function migrationSources(plugins: readonly MigrationSource[]): MigrationSource[] {
  const own = COMPONENTS.map(([component, folder]) => ({ component, folder: join(projectRoot, folder) }));
  return [...own.filter(({ folder }) => existsSync(folder)), ...plugins];
}
