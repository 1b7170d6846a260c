import { openStaging, storeStaged } from '../../core/content/store.ts';
import type { Mappings } from '../../mapping/load.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';

/** Rows of migration_unit after one number up to another. */
export type Range = { readonly after: number; readonly last: number };

/** Named with every join: without it the planner walks the whole table for each range. */
export function within({ after, last }: Range): Sql {
  return sql`unit.number > ${after} and unit.number <= ${last}`;
}

/** Whether a URL of the unit's bytes is known: `entry.found`. One look-up a unit; as `exists` the planner would read the whole catalogue for each batch. */
export const WITH_CATALOGUE = sql`left join lateral (
  select true as found from migration_catalogue where unit_id = unit.id and url <> '' limit 1
) entry on true`;

/**
 * Stores units straight from the work table and writes down what they became; returns how many. `picked` selects
 * `number, stored` of units in the range: whether the unit's bytes are in the store. Old ids survive: clients remember
 * them.
 */
export async function storeUnits(tx: Transaction, mappings: Mappings, range: Range, picked: Sql): Promise<number> {
  await openStaging(tx);
  const units = await stage(tx, mappings, range, picked);
  if (units === 0) return 0;
  await storeStaged(tx, units);
  await record(tx, range);
  return units;
}

function stage(tx: Transaction, mappings: Mappings, range: Range, picked: Sql): Promise<number> {
  const units = mappings.families.flatMap((family) => family.units);
  return tx.execute(sql`
    with batch as materialized (
      select unit.*, picked.stored, type.v3 as store_type
      from (${picked}) picked join migration_unit unit using (number)
      join unnest(${units.map((unit) => unit.v2_type)}::text[], ${units.map((unit) => unit.v3_type)}::text[])
        type (v2, v3) on type.v2 = unit.type
      where ${within(range)}
    ), artifact as (
      insert into staged_artifact (place, relative_path, artifact_sha256)
      select number, relative_path, case when stored then sha256 end from batch
    )
    insert into staged_content (place, id, type, digest, attributes, created)
    select number, store_id, store_type, digest, attributes, coalesce(last_updated, to_timestamp(0)) from batch`);
}

/** The id map, and what v2 has of a unit and content has not: of several that became one, that of the first. */
async function record(tx: Transaction, range: Range): Promise<void> {
  await tx.execute(sql`
    with batch as materialized (
      select unit.id, staged.id as content_id, staged.id <> unit.store_id as deduplicated, number, user_metadata, kept
      from staged_content staged join migration_unit unit on unit.number = staged.place
      where ${within(range)}
    ), more as (
      insert into v2_unit (content_id, user_metadata, kept)
      select distinct on (content_id) content_id, user_metadata, kept from batch
      where user_metadata <> '{}' or kept <> '{}' order by content_id, number
      on conflict (content_id) do nothing
    )
    insert into migrated_object (kind, v2_id, v3_id, deduplicated)
    select 'unit', id, content_id, deduplicated from batch order by id
    on conflict (kind, v2_id) do update set v3_id = excluded.v3_id, deduplicated = excluded.deduplicated
    where migrated_object.v3_id <> excluded.v3_id`);
}
