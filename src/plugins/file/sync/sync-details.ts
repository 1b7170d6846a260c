import type { Policy } from '../../../core/remote/types.ts';
import { presentAt } from '../../../core/repository/membership.ts';
import type { RepositoryRow } from '../../../core/repository/types.ts';
import type { Queryable } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';

/** What a repository remembers of its last sync, as both APIs show it. */
export interface SyncDetails {
  url: string;
  mirror: boolean;
  remote_pk: string;
  download_policy: Policy;
  manifest_checksum: string;
  most_recent_version: number;
}

/** Whether a sync with these details would change nothing (v3-api.md 5.8, "skip rules"). */
export async function isUpToDate(database: Queryable, repository: RepositoryRow, now: SyncDetails): Promise<boolean> {
  const last = repository.data.last_sync_details as Partial<SyncDetails> | undefined;
  const same =
    last?.remote_pk === now.remote_pk &&
    last.url === now.url &&
    last.manifest_checksum === now.manifest_checksum &&
    last.most_recent_version === now.most_recent_version &&
    (last.mirror === true || !now.mirror) &&
    (last.download_policy === 'immediate' || now.download_policy !== 'immediate');
  if (!same) return false;
  return (
    now.download_policy !== 'immediate' || !(await isBytesMissing(database, repository.id, now.most_recent_version))
  );
}

async function isBytesMissing(database: Queryable, repositoryId: string, number: number): Promise<boolean> {
  const { missing } = await database.one<{ missing: boolean }>(sql`
    select exists (
      select from repository_content rc join content_artifact using (content_id)
      where rc.repository_id = ${repositoryId} and ${presentAt(number)} and artifact_id is null) as missing`);
  return missing;
}
