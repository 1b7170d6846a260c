import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { ArtifactRow } from './types.ts';

export function findArtifact(database: Queryable, sha256: string): Promise<ArtifactRow | null> {
  return database.find<ArtifactRow>(sql`select * from artifact where sha256 = ${sha256}`);
}

/** Which of these digests are stored. */
export async function storedDigests(database: Queryable, sha256: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ sha256: string }>(
    sql`select sha256 from artifact where sha256 = any (${sha256}::text[])`,
  );
  return new Set(rows.map((row) => row.sha256));
}
