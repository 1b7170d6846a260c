import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lastMigration, verify } from '../../support/messy-migration.ts';
import { EVERYTHING, migrate } from '../../support/migration.ts';
import { closeStore, openStore } from '../../support/migration-store.ts';

const DUMP = join(process.cwd(), '..', 'shared', 'fixtures', 'pulp2', 'file_base_4repos');

describe.skipIf(!existsSync(DUMP))('a migration of a real dump (../shared; skipped where it is absent)', () => {
  it('moves 4 repositories and 256 units, and proves it', async () => {
    const target = await openStore();
    const uri = join(DUMP, 'mongodb.file_base_4repos.archive');
    try {
      await migrate(uri, join(DUMP, 'var/lib/pulp'), { services: target.services, plan: EVERYTHING });
      const kinds = (await lastMigration(target)).summary?.kinds ?? [];
      expect(kinds.find(({ kind }) => kind === 'iso')).toMatchObject({ source: 266, migrated: 256, set_aside: 10 });
      expect(kinds.find(({ kind }) => kind === 'repository')).toMatchObject({ source: 4, migrated: 4 });
      expect(await verify(target, uri)).toMatchObject({
        repositories: 4,
        memberships: 256,
        files: 3,
        paths: 260,
        problems: [],
      });
    } finally {
      await closeStore(target);
    }
  });
});
