import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Digests } from '../content/types.ts';
import type { ArtifactRow } from './types.ts';

/** Bytes that lie under their path already, complete and synced: only then may a row name them. */
export interface StoredFile {
  digests: Digests;
  size: number;
}

/** Rows for stored files, new or touched. The order is not that of the files. */
export async function saveArtifacts(tx: Transaction, files: readonly StoredFile[]): Promise<ArtifactRow[]> {
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
