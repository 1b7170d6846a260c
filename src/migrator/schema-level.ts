import type { V2Source } from './sources/source.ts';

/** Schema steps that a complete Pulp 2 has taken, and since when its data are as this program expects (migration.md 1.7). */
const REQUIRED: Readonly<Record<string, number>> = {
  'pulp.server.db.migrations': 28,
};

/** A warning for each package of the source that stopped at an older step. */
export async function checkSchemaLevel(source: V2Source): Promise<string[]> {
  const warnings: string[] = [];
  for await (const batch of source.read('migration_trackers')) {
    for (const { name, version } of batch) {
      const required = REQUIRED[String(name)];
      if (required === undefined || typeof version !== 'number' || version >= required) continue;
      warnings.push(
        `the database is older than expected: ${name} is at step ${version}, not ${required}; upgrade Pulp 2 first`,
      );
    }
  }
  return warnings;
}
