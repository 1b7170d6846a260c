import type { Transaction } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';

/**
 * The commit does not wait for the disk. After a power failure the last such transactions may be missing, whole: the next
 * run does again what it does not find. The run's own last commit waits, for all before it too.
 */
export async function repeatable(tx: Transaction): Promise<void> {
  await tx.execute(sql`set local synchronous_commit = off`);
}
