import type { Transaction } from './database.ts';
import { sql } from './sql.ts';

/**
 * The commit does not wait for the disk, for work that is simply done again: after a power failure the last such
 * transactions may be missing, whole. A later commit that waits, waits for all before it, too.
 */
export async function commitLater(tx: Transaction): Promise<void> {
  await tx.execute(sql`set local synchronous_commit = off`);
}
