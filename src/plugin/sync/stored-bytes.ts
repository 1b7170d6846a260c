import type { DeclaredContent, DeclaredSource } from '../../core/content/types.ts';
import type { DigestName } from '../../platform/crypto/digests.ts';
import type { Queryable } from '../../platform/postgres/database.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';

/** The first one known says whether bytes are stored already (v3-api.md 5.2, stage 2). */
const STRENGTH: readonly DigestName[] = ['sha256', 'sha512', 'sha384', 'sha224', 'sha1', 'md5'];

/**
 * sha256 of the stored artifact for each source that has one, by `digestKey`. What is found counts as wanted from now
 * on, so that a cleanup meanwhile leaves it alone.
 */
export async function findStoredBytes(
  database: Queryable,
  units: readonly DeclaredContent[],
): Promise<Map<string, string>> {
  const wanted = new Map<DigestName, Set<string>>();
  for (const source of unstoredSources(units)) {
    const known = strongest(source);
    if (known) wanted.set(known.name, (wanted.get(known.name) ?? new Set()).add(known.value));
  }
  const found = new Map<string, string>();
  for (const [name, values] of wanted) {
    const rows = await database.query<{ value: string; sha256: string }>(sql`
      select ${identifier(name)} as value, sha256 from artifact
      where ${identifier(name)} = any (${[...values]}::text[])`);
    for (const row of rows) found.set(`${name}:${row.value}`, row.sha256);
  }
  await touch(database, [...found.values()]);
  return found;
}

/** What two sources of the same bytes have in common; null when no digest is known. */
export function digestKey(source: DeclaredSource): string | null {
  const known = strongest(source);
  return known ? `${known.name}:${known.value}` : null;
}

export function* unstoredSources(units: readonly DeclaredContent[]): Generator<DeclaredSource> {
  for (const unit of units) {
    for (const artifact of unit.artifacts) {
      if (artifact.sha256 === null && artifact.source) yield artifact.source;
    }
  }
}

function strongest(source: DeclaredSource): { name: DigestName; value: string } | null {
  for (const name of STRENGTH) {
    const value = source.digests[name];
    if (value !== undefined) return { name, value };
  }
  return null;
}

async function touch(database: Queryable, sha256: readonly string[]): Promise<void> {
  if (sha256.length === 0) return;
  await database.execute(sql`
    update artifact set timestamp_of_interest = clock_timestamp()
    where sha256 = any (${sha256}::text[]) and timestamp_of_interest < clock_timestamp() - interval '1 minute'`);
}
