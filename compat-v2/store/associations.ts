import type { Json } from '../../src/core/task/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { type UnitType, unitKey } from '../present/unit.ts';
import { associationQuery, type Searched } from '../search/collections/associations.ts';
import { search } from '../search/run.ts';
import type { UnitCriteria } from '../search/unit-criteria.ts';
import { unitTypesOf } from './unit-types.ts';

export interface SearchScope {
  searched: Searched;
  /** By content type. */
  types: ReadonlyMap<string, UnitType>;
}

type SearchedRepository = { readonly id: string; readonly name: string; readonly type: string };

/** What a search for units of a repository looks at: unknown types find nothing. */
export function searchScope(v2: V2App, repository: SearchedRepository, criteria: UnitCriteria): SearchScope {
  const wanted = unitTypesOf(v2, repository.type).filter(
    ({ unit }) => criteria.typeIds?.includes(unit.v2_type) ?? true,
  );
  const { contentTypes } = v2.app.registry.repositoryType(repository.type);
  return {
    searched: { repository, types: wanted.map(({ unit }) => unit), isWhole: wanted.length === contentTypes.length },
    types: new Map(wanted.map((type) => [type.unit.v3_type, type])),
  };
}

/** How results of copies and removals name a unit. */
export type NamedUnit = { unit_key: JsonObject; type_id: string };

type MatchedRow = { id: string; type: string; attributes: Record<string, Json> };

/**
 * Puts the ids of the units that match into the temporary table `v2_matched`, which is empty again after the
 * transaction, and gives their names. `limit` and `skip` choose what gets into the table; all matches are named, as the
 * original does (v2-api.md 4.5, unassociate).
 */
export async function stageMatches(
  v2: V2App,
  tx: Transaction,
  repository: SearchedRepository,
  criteria: UnitCriteria,
): Promise<NamedUnit[]> {
  const { searched, types } = searchScope(v2, repository, criteria);
  const statement = associationQuery(MATCHED_COLUMNS, searched, { ...criteria, limit: null, skip: 0 });
  const batches = await search<MatchedRow, MatchedRow>(v2.app.services.database, statement, (rows) => rows);
  const named: NamedUnit[] = [];
  const last = criteria.limit === null ? Number.POSITIVE_INFINITY : criteria.skip + criteria.limit;

  async function* chosen(): AsyncGenerator<[string]> {
    for await (const rows of batches) {
      for (const row of rows) {
        const type = types.get(row.type);
        if (!type) continue;
        if (named.length >= criteria.skip && named.length < last) yield [row.id];
        named.push({ unit_key: unitKey(type, row.attributes) as JsonObject, type_id: type.unit.v2_type });
      }
    }
  }
  await stageUnits(tx, chosen());
  return named;
}

/** Fills `v2_matched` with content ids. */
export async function stageUnits(tx: Transaction, ids: Iterable<[string]> | AsyncIterable<[string]>): Promise<void> {
  await tx.execute(sql`create temp table if not exists v2_matched (content_id uuid) on commit delete rows`);
  await tx.execute(sql`delete from v2_matched`);
  await tx.copy('v2_matched', ['content_id'], ids);
  await tx.execute(sql`analyze v2_matched`);
}

const MATCHED_COLUMNS = sql`content.id, content.type, content.attributes`;

export const MATCHED = sql`select content_id from v2_matched`;

/**
 * Units that come again count as removed and added, since ISO importers take units of the same name out first
 * (corrections.md 2.8). Those that differ are counted with the new version.
 */
export async function markReplaced(tx: Transaction, repository: { readonly id: string }): Promise<void> {
  await tx.execute(sql`
    update repository set content_added_at = clock_timestamp(), content_removed_at = clock_timestamp()
    where id = ${repository.id} and exists (
      select from v2_matched join repository_content rc using (content_id)
      where rc.repository_id = ${repository.id} and rc.version_removed is null)`);
}
