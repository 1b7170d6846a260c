import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeMessyMigration, type MessyMigration, openMessyMigration } from '../../support/messy-migration.ts';
import { EVERYTHING, migrate } from '../../support/migration.ts';
import { closeStore, dumpStore, openStore, visibleState } from '../../support/migration-store.ts';

let messy: MessyMigration;
let { folder, archive, store } = {} as MessyMigration;
beforeAll(async () => {
  messy = await openMessyMigration();
  ({ folder, archive, store } = messy);
});
afterAll(() => closeMessyMigration(messy));

describe('a migration that cannot go on', () => {
  it('writes nothing when the source is cut off', async () => {
    const target = await openStore();
    try {
      const before = await dumpStore(target);
      const bytes = await readFile(archive);
      const cut = join(folder, 'cut.archive');
      await writeFile(cut, bytes.subarray(0, bytes.length - 700));
      await expect(migrate(cut, folder, { services: target.services, plan: EVERYTHING })).rejects.toThrow('cut off');
      expect(await dumpStore(target)).toEqual(before);
    } finally {
      await closeStore(target);
    }
  });

  it('is refused while another one runs', async () => {
    const client = await store.database.connect();
    try {
      await client.query('select pg_advisory_lock(4711012010)');
      await expect(migrate(archive, folder, { services: store.services, plan: EVERYTHING })).rejects.toThrow(
        'Another migration is running',
      );
    } finally {
      await client.end();
    }
  });

  it('ends where an interruption at any step is followed by another run', async () => {
    const expected = await visibleState(store);
    const steps = await countSteps();
    for (let stopAt = 1; stopAt <= steps; stopAt++) {
      const target = await openStore();
      try {
        let step = 0;
        const failing = () => {
          if (++step === stopAt) throw new Error('interrupted');
        };
        const options = { services: target.services, plan: EVERYTHING };
        await expect(migrate(archive, folder, { ...options, progress: failing })).rejects.toThrow('interrupted');
        await migrate(archive, folder, options);
        expect(await visibleState(target), `interrupted at step ${stopAt}`).toEqual(expected);
      } finally {
        await closeStore(target);
      }
    }
  });

  async function countSteps(): Promise<number> {
    const target = await openStore();
    let steps = 0;
    await migrate(archive, folder, { services: target.services, plan: EVERYTHING, progress: () => void steps++ });
    await closeStore(target);
    return steps;
  }
});
