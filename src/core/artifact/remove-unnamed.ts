import { sql } from '../../platform/postgres/sql.ts';
import type { Services } from '../services.ts';
import { BYTES_LOCK } from './store.ts';

const FILES_AT_ONCE = 16;

/** Removes those of the files that no row names, under the lock that keeps out whoever stores bytes (store.ts). */
export async function removeUnnamed(
  { database, store }: Pick<Services, 'database' | 'store'>,
  digests: readonly string[],
): Promise<void> {
  if (digests.length === 0) return;
  await database.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${BYTES_LOCK})`);
    const unnamed = await tx.query<{ sha256: string }>(sql`
      select file.sha256 from unnest(${digests}::text[]) file (sha256)
      where not exists (select from artifact where artifact.sha256 = file.sha256)`);
    const queue = unnamed.values();
    const work = async () => {
      for (const { sha256 } of queue) await store.remove(sha256);
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  });
}
