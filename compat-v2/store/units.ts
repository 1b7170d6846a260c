import type { Json } from '../../src/core/task/types.ts';
import type { Queryable, Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import type { UnitRow } from '../present/unit.ts';
import { UNIT_COLUMNS, UNIT_TABLES } from '../search/collections/units.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Null when there is none of this content type. */
export async function findUnit(database: Queryable, contentType: string, id: string): Promise<UnitRow | null> {
  if (!isUuid(id)) return null;
  return database.find<UnitRow>(
    sql`select ${UNIT_COLUMNS} from ${UNIT_TABLES} where content.id = ${id} and content.type = ${contentType}`,
  );
}

/** Replaces the unit's pulp_user_metadata, which counts as a change of the unit. */
export async function saveUserMetadata(tx: Transaction, contentId: string, metadata: Json): Promise<void> {
  await tx.execute(sql`
    insert into v2_unit (content_id, user_metadata) values (${contentId}, ${JSON.stringify(metadata)}::jsonb)
    on conflict (content_id) do update set user_metadata = excluded.user_metadata`);
  await tx.execute(sql`update content set updated = clock_timestamp() where id = ${contentId}`);
}
