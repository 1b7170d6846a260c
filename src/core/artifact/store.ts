import type { Transaction } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import type { ArtifactStore, StagedFile } from '../../platform/storage/artifact-store.ts';
import type { ArtifactRow } from './types.ts';

/** Held shared by whoever stores bytes and names them, exclusively by whoever removes bytes that no row names. */
export const BYTES_LOCK = sql`86`;

/**
 * Puts staged files in place and gives them rows, new or touched. The lock keeps a cleanup from removing bytes that have
 * no row yet, or that were found in place since an older row was just deleted.
 */
export async function saveArtifacts(
  tx: Transaction,
  store: ArtifactStore,
  files: readonly StagedFile[],
): Promise<void> {
  if (files.length === 0) return;
  await commitBytes(tx, store, files);
  await tx.execute(upsert(files));
}

/** The same for one file. */
export async function saveArtifact(tx: Transaction, store: ArtifactStore, file: StagedFile): Promise<ArtifactRow> {
  await commitBytes(tx, store, [file]);
  return tx.one<ArtifactRow>(sql`${upsert([file])} returning *`);
}

async function commitBytes(tx: Transaction, store: ArtifactStore, files: readonly StagedFile[]): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${BYTES_LOCK})`);
  await store.commitAll(files);
}

function upsert(files: readonly StagedFile[]): Sql {
  const list = JSON.stringify(files.map(({ digests, size }) => ({ ...digests, size })));
  return sql`
    insert into artifact (sha256, md5, sha1, sha224, sha384, sha512, size)
    select distinct on (sha256) sha256, md5, sha1, sha224, sha384, sha512, size
    from jsonb_to_recordset(${list}::jsonb) file
      (sha256 text, md5 text, sha1 text, sha224 text, sha384 text, sha512 text, size bigint)
    order by sha256
    on conflict (sha256) do update set timestamp_of_interest = clock_timestamp()`;
}
