import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORE_MODELS, createModels } from '../../src/core/models.ts';
import type { Services } from '../../src/core/services.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { openContentRoot } from '../../src/migrator/content-root.ts';
import type { PlanFile } from '../../src/migrator/plan/plan-file.ts';
import { type MigrationOptions, runMigration } from '../../src/migrator/run.ts';
import { openSource } from '../../src/migrator/sources/open-source.ts';
import { wantedCollections } from '../../src/migrator/wanted.ts';
import { createRegistry } from '../../src/plugin/registry.ts';
import { filePlugin } from '../../src/plugins/file/index.ts';

export const mappings = loadMappings(join(process.cwd(), 'mappings'));
export const registry = createRegistry([filePlugin]);

/** Services that know the file plugin's names. */
export function withFilePlugin(services: Services): Services {
  return { ...services, models: createModels([...CORE_MODELS, ...filePlugin.models]) };
}

export type Migrate = Pick<MigrationOptions, 'services' | 'plan'> & Partial<MigrationOptions>;

/** Runs a migration from a dump on disk. */
export async function migrate(uri: string, contentRoot: string, options: Migrate) {
  return withSource(uri, (source) =>
    runMigration({
      registry,
      mappings,
      source,
      files: openContentRoot(contentRoot),
      progress: () => undefined,
      signal: new AbortController().signal,
      ...options,
    }),
  );
}

export async function withSource<Result>(
  uri: string,
  work: (source: MigrationOptions['source']) => Promise<Result>,
): Promise<Result> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'pulp-gateway-source-'));
  const source = await openSource(uri, { workDirectory, wanted: wantedCollections(mappings) });
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

export const EVERYTHING: PlanFile = { repositories: {}, feeds: [], orphans: false };
