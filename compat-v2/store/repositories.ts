import type { Counts } from '../../src/core/repository/types.ts';
import type { Json } from '../../src/core/task/types.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import { type Sql, sql } from '../../src/platform/postgres/sql.ts';
import { missingResource } from '../errors.ts';
import type { JsonObject } from '../operation.ts';

/** A repository with what v2 adds to it; `stored` is false for one that v3 made and v2 never wrote to. */
export type RepositoryView = {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly description: string | null;
  readonly remote_id: string | null;
  readonly next_version: number;
  readonly content_added_at: string | null;
  readonly content_removed_at: string | null;
  readonly data: Record<string, Json>;
  readonly present: Counts;
  readonly stored: boolean;
  readonly object_id: string | null;
  readonly display_name: string | null;
  readonly notes: JsonObject | null;
  readonly scratchpad: Json;
};

/**
 * Repositories by a condition on `r` (repository) and `v` (v2_repository). `tail` is what follows: order, limit, offset.
 * Hidden ones are none of v2's.
 */
export function selectRepositories(database: Queryable, where: Sql, tail: Sql): Promise<RepositoryView[]> {
  return database.query<RepositoryView>(sql`
    select r.id, r.type, r.name, r.description, r.remote_id, r.next_version, r.content_added_at, r.content_removed_at, r.data,
      newest.content_counts -> 'present' as present,
      v.repository_id is not null as stored, v.object_id, v.display_name, v.notes, v.scratchpad
    from repository r left join v2_repository v on v.repository_id = r.id
    cross join lateral (
      select content_counts from repository_version where repository_id = r.id order by number desc limit 1) newest
    where not r.hidden and ${where} ${tail}`);
}

/** The order of v2's lists: that of creation. */
export const IN_ORDER: Sql = sql`order by r.created, r.id`;

export async function findRepositoryView(database: Queryable, name: string): Promise<RepositoryView | null> {
  const [view] = await selectRepositories(database, sql`r.name = ${name}`, sql`limit 1`);
  return view ?? null;
}

/** 404 `{repository}` when there is none. */
export async function getRepositoryView(database: Queryable, name: string): Promise<RepositoryView> {
  const view = await findRepositoryView(database, name);
  if (!view) throw missingResource({ repository: name });
  return view;
}

/** Units of the newest version whose bytes are all here. */
export async function countLocalUnits(database: Queryable, repositoryId: string): Promise<number> {
  const { count } = await database.one<{ count: number }>(sql`
    select count(*) as count from repository_content rc
    where rc.repository_id = ${repositoryId} and rc.version_removed is null and not exists (
      select from content_artifact file where file.content_id = rc.content_id and file.artifact_id is null)`);
  return count;
}

/** What v2 stores of its own about a repository; absent members stay. */
export type RepositoryFacts = { display_name?: string | null; notes?: JsonObject; scratchpad?: Json };

/** Writes v2's own facts. The first write to a repository that v3 made keeps what was presented until then. */
export async function saveFacts(tx: Queryable, view: RepositoryView, defaults: JsonObject, facts: RepositoryFacts) {
  const current = view.stored ? view : { display_name: view.name, notes: defaults, scratchpad: {} };
  const { display_name, notes, scratchpad } = { ...current, ...facts };
  await tx.execute(sql`
    insert into v2_repository (repository_id, object_id, display_name, notes, scratchpad)
    values (${view.id}, substr(replace(${view.id}::text, '-', ''), 1, 24), ${display_name},
      ${JSON.stringify(notes)}::jsonb, ${JSON.stringify(scratchpad)}::jsonb)
    on conflict (repository_id) do update set
      display_name = excluded.display_name, notes = excluded.notes, scratchpad = excluded.scratchpad`);
}
