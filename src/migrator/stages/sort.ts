import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

/**
 * Decides in the work tables, set by set, what moves: duplicates and dangling associations, units nobody wants, paths
 * that two units of a repository claim. What stays gets a reason.
 */
export async function sortWork(tx: Transaction, orphans: boolean): Promise<void> {
  await tx.execute(sql`
    delete from migration_unit twin using (
      select id, type, min(number) as number from migration_unit group by id, type having count(*) > 1
    ) first where twin.id = first.id and twin.type = first.type and twin.number > first.number`);
  await markDuplicates(tx);
  await tx.execute(sql`
    update migration_association association set reason = 'dangling_unit'
    where reason is null and not exists (
      select from migration_unit unit where unit.id = association.unit_id and unit.type = association.type)`);
  const judged = await judgeUnits(tx, orphans);
  if (judged > 0) await tx.execute(sql`analyze migration_unit`);
}

async function markDuplicates(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_association association set reason = 'duplicate'
    from (
      select several.ctid as place,
        row_number() over (partition by repo_id, type, unit_id order by several.created nulls last, several.ctid) as turn
      from migration_association several join (
        select repo_id, type, unit_id from migration_association where reason is null
        group by repo_id, type, unit_id having count(*) > 1
      ) twice using (repo_id, type, unit_id)
      where several.reason is null
    ) numbered
    where association.ctid = numbered.place and numbered.turn > 1`);
}

/** Says which units are not wanted, and which an earlier run stored. Returns how many these are. */
function judgeUnits(tx: Transaction, orphans: boolean): Promise<number> {
  return tx.execute(sql`
    update migration_unit unit set wanted = judged.wanted, deduplicated = judged.deduplicated,
      content_id = case when judged.wanted and unit.reason is null then judged.content_id end,
      reason = case when judged.wanted then unit.reason when judged.elsewhere then 'not_selected' else 'orphan' end
    from (
      select unit.ctid as place, coalesce(held.wanted, false) or (${orphans}::boolean and held.id is null) as wanted,
        held.id is not null as elsewhere, content.id as content_id, coalesce(known.deduplicated, false) as deduplicated
      from migration_unit unit
      left join (
        select unit_id as id, type, bool_or(reason is null) as wanted from migration_association
        where reason is distinct from 'dangling_repository' group by unit_id, type
      ) held using (id, type)
      left join migrated_object known on known.kind = 'unit' and known.v2_id = unit.id
      left join content on content.id = known.v3_id
    ) judged
    where unit.ctid = judged.place and (not judged.wanted or judged.content_id is not null)`);
}

/** Takes over from the id map what the content stage stored. */
export async function noteMigrated(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_unit unit set content_id = known.v3_id, deduplicated = known.deduplicated
    from migrated_object known
    where known.kind = 'unit' and known.v2_id = unit.id and unit.wanted and unit.reason is null
      and unit.content_id is distinct from known.v3_id`);
  await tx.execute(sql`analyze migration_unit`);
}

/** After the content: which associations stay behind with their unit, which lose a dispute about a path, and all others. */
export async function sortAssociations(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_association association
    set reason = case when stays.lost then 'unit_set_aside' else 'repository_set_aside' end
    from (
      select work.ctid as place, unit.content_id is null as lost from migration_association work
      join migration_unit unit on unit.id = work.unit_id and unit.type = work.type
      left join (${MIGRATED}) known on known.name = work.repo_id
      where work.reason is null and (unit.content_id is null or known.id is null)
    ) stays where association.ctid = stays.place`);
  await dropRivals(tx);
  await dropFolders(tx);
  await tx.execute(sql`
    insert into migration_member (repository_id, content_id, created)
    select known.id, unit.content_id, association.created from migration_association association
    join migration_unit unit on unit.id = association.unit_id and unit.type = association.type
    join (${MIGRATED}) known on known.name = association.repo_id
    where association.reason is null order by known.id, unit.content_id`);
  await tx.execute(sql`analyze migration_member`);
}

const MIGRATED = sql`
  select repository.id, repository.name from repository
  where exists (select from migrated_object map where map.kind = 'repository' and map.v3_id = repository.id)`;

/**
 * Of several units of one path in one repository the newest stays (migration.md 1.10 #2); those that became the same
 * content as it are the same membership.
 */
async function dropRivals(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    with several as (
      select association.repo_id, unit.relative_path
      from migration_association association
      join migration_unit unit on unit.id = association.unit_id and unit.type = association.type
      where association.reason is null
      group by association.repo_id, unit.relative_path having count(*) > 1
    ), ranked as (
      select association.ctid as place, unit.relative_path, unit.content_id, row_number() over newest as turn,
        first_value(unit.content_id) over newest as winner
      from migration_association association
      join migration_unit unit on unit.id = association.unit_id and unit.type = association.type
      join several on several.repo_id = association.repo_id and several.relative_path = unit.relative_path
      where association.reason is null
      window newest as (partition by association.repo_id, unit.relative_path
        order by unit.last_updated desc nulls last, association.created desc nulls last, unit.id)
    )
    update migration_association association set detail = ranked.relative_path,
      reason = case when ranked.content_id = ranked.winner then 'duplicate' else 'path_conflict' end
    from ranked where association.ctid = ranked.place and ranked.turn > 1`);
}

/** A file called like a folder of other files gives way (migration.md 1.10 #3). */
async function dropFolders(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    with path as (
      select association.ctid as place, association.repo_id, unit.relative_path
      from migration_association association
      join migration_unit unit on unit.id = association.unit_id and unit.type = association.type
      where association.reason is null
    ), folder as (
      select distinct repo_id, array_to_string(parts[1:depth], '/') as name
      from path, string_to_array(relative_path, '/') parts, generate_series(1, cardinality(parts) - 1) depth
      where relative_path like '%/%'
    )
    update migration_association association set reason = 'path_conflict', detail = path.relative_path
    from path join folder on folder.repo_id = path.repo_id and folder.name = path.relative_path
    where association.ctid = path.place`);
}
