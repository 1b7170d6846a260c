import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { PublicationRow } from './types.ts';

/** The distributions of a publisher serve its newest publication. */
export async function servePublication(tx: Transaction, publication: PublicationRow): Promise<void> {
  if (publication.publisher_id === null) return;
  await tx.execute(sql`
    update distribution set publication_id = ${publication.id}, updated = clock_timestamp()
    where publisher_id = ${publication.publisher_id}`);
}

/** Only the newest `retain` checkpoints of a repository stay checkpoints (v3-api.md 4.6). Null keeps all. */
export async function retainCheckpoints(tx: Transaction, repositoryId: string, retain: number | null): Promise<void> {
  if (retain === null) return;
  await tx.execute(sql`
    update publication set checkpoint = false, updated = clock_timestamp()
    where id in (
      select publication.id from publication
      join repository_version version on version.id = repository_version_id
      where version.repository_id = ${repositoryId} and checkpoint
      order by publication.created desc offset ${retain})`);
}
