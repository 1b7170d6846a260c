import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

/**
 * Decides in the work tables, set by set, what moves: duplicates and dangling associations, units nobody wants, paths
 * that two units of a repository claim. What stays gets a reason.
 */
export async function sortWork(tx: Transaction, orphans: boolean): Promise<void> {
  await tx.execute(sql`
    delete from migration_unit twin using migration_unit first
    where twin.id = first.id and twin.type = first.type and twin.ctid > first.ctid`);
  await markDuplicates(tx);
  await tx.execute(sql`
    update migration_association association set reason = 'dangling_unit'
    where reason is null and not exists (
      select from migration_unit unit where unit.id = association.unit_id and unit.type = association.type)`);
  await markWanted(tx, orphans);
  await tx.execute(sql`
    update migration_unit unit set catalogued = true
    where wanted and exists (select from migration_catalogue entry where entry.unit_id = unit.id and entry.url <> '')`);
  await findMigrated(tx);
  await tx.execute(sql`analyze migration_unit`);
}

async function markDuplicates(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_association association set reason = 'duplicate'
    from (
      select ctid as place, row_number() over (partition by repo_id, type, unit_id order by created nulls last, ctid) as turn
      from migration_association where reason is null
    ) numbered
    where association.ctid = numbered.place and numbered.turn > 1`);
}

async function markWanted(tx: Transaction, orphans: boolean): Promise<void> {
  await tx.execute(sql`
    update migration_unit unit set wanted = true
    where exists (select from migration_association association
      where association.unit_id = unit.id and association.type = unit.type and association.reason is null)`);
  await tx.execute(sql`
    update migration_unit unit set reason = 'not_selected'
    where not wanted and exists (select from migration_association association
      where association.unit_id = unit.id and association.type = unit.type and association.reason <> 'dangling_repository')`);
  await tx.execute(sql`
    update migration_unit set wanted = ${orphans}, reason = case when ${orphans}::boolean then reason else 'orphan' end
    where not wanted and reason is distinct from 'not_selected'`);
}

/** Units of earlier runs whose content is still there. */
async function findMigrated(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_unit unit set content_id = known.v3_id, deduplicated = known.deduplicated
    from migrated_object known join content on content.id = known.v3_id
    where known.kind = 'unit' and known.v2_id = unit.id and unit.wanted and unit.reason is null`);
}

/** After the content: which associations stay behind with their unit, and which lose a dispute about a path. */
export async function sortAssociations(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_association association set content_id = unit.content_id, repository_id = known.id,
      reason = case when unit.content_id is null then 'unit_set_aside' when known.id is null then 'repository_set_aside' end
    from migration_association work
    join migration_unit unit on unit.id = work.unit_id and unit.type = work.type
    left join (
      select repository.id, repository.name from repository
      where exists (select from migrated_object map where map.kind = 'repository' and map.v3_id = repository.id)
    ) known on known.name = work.repo_id
    where association.ctid = work.ctid and work.reason is null`);
  await dropTwins(tx);
  await dropRivals(tx);
  await dropFolders(tx);
  await tx.execute(sql`analyze migration_association`);
}

/** Two units that became one content count as one membership. */
async function dropTwins(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_association association set reason = 'duplicate'
    from (
      select association.ctid as place,
        row_number() over (partition by association.repo_id, unit.content_id order by association.created nulls last, unit.id) as turn
      from migration_association association
      join migration_unit unit on unit.id = association.unit_id and unit.type = association.type
      where association.reason is null
    ) numbered
    where association.ctid = numbered.place and numbered.turn > 1`);
}

/** Of several units of one path in one repository the newest stays (migration.md 1.10 #2). */
async function dropRivals(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    update migration_association association set reason = 'path_conflict', detail = numbered.relative_path
    from (
      select association.ctid as place, unit.relative_path,
        row_number() over (partition by association.repo_id, unit.relative_path
          order by unit.last_updated desc nulls last, association.created desc nulls last, unit.id) as turn
      from migration_association association
      join migration_unit unit on unit.id = association.unit_id and unit.type = association.type
      where association.reason is null
    ) numbered
    where association.ctid = numbered.place and numbered.turn > 1`);
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
