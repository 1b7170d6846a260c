import { hashText } from '../platform/crypto/digests.ts';
import type { Queryable, Transaction } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';

export type MapKind = 'repository' | 'importer' | 'remote' | 'distributor' | 'unit' | 'membership' | 'publication';

export type MapRow = { v2_id: string; v3_id: string; fingerprint: string };

/** What became of these objects of the source, by their old ids. */
export async function findMapped(
  database: Queryable,
  kind: MapKind,
  v2Ids: readonly string[],
): Promise<Map<string, MapRow>> {
  const rows = await database.query<MapRow>(sql`
    select v2_id, v3_id, fingerprint from migrated_object where kind = ${kind} and v2_id = any (${v2Ids}::text[])`);
  return new Map(rows.map((row) => [row.v2_id, row]));
}

/** Remembers what became of an object, in the transaction that makes it. */
export async function remember(tx: Transaction, kind: MapKind, row: MapRow): Promise<void> {
  await tx.execute(sql`
    insert into migrated_object (kind, v2_id, v3_id, fingerprint)
    values (${kind}, ${row.v2_id}, ${row.v3_id}, ${row.fingerprint})
    on conflict (kind, v2_id) do update set v3_id = excluded.v3_id, fingerprint = excluded.fingerprint`);
}

/** Equal values have equal fingerprints, whatever the order of their members. */
export function fingerprintOf(value: unknown): string {
  return hashText('sha256', JSON.stringify(value, sortMembers) ?? '');
}

function sortMembers(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
