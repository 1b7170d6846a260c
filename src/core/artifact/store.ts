import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { ArtifactStore, StagedFile } from '../../platform/storage/artifact-store.ts';
import type { ArtifactRow } from './types.ts';

/** Held shared by whoever stores bytes and names them, exclusively by whoever removes bytes that no row names. */
export const BYTES_LOCK = sql`86`;

/**
 * Puts staged files in place and gives them rows, new or touched. The lock keeps a cleanup from removing bytes that have
 * no row yet, or that were found in place since an older row was just deleted. The order is not that of the files.
 */
export async function saveArtifacts(
  tx: Transaction,
  store: ArtifactStore,
  files: readonly StagedFile[],
): Promise<ArtifactRow[]> {
  if (files.length === 0) return [];
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${BYTES_LOCK})`);
  await store.commitAll(files);
  const list = JSON.stringify(files.map(({ digests, size }) => ({ ...digests, size })));
  return tx.query<ArtifactRow>(sql`
    insert into artifact (sha256, md5, sha1, sha224, sha384, sha512, size)
    select distinct on (sha256) sha256, md5, sha1, sha224, sha384, sha512, size
    from jsonb_to_recordset(${list}::jsonb) file
      (sha256 text, md5 text, sha1 text, sha224 text, sha384 text, sha512 text, size bigint)
    order by sha256
    on conflict (sha256) do update set timestamp_of_interest = clock_timestamp()
    returning *`);
}
