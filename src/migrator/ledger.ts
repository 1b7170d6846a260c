import type { Queryable } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import type { ContentRoot } from './content-root.ts';
import { fingerprintOf } from './id-map.ts';
import type { PlanFile } from './plan/plan-file.ts';
import type { V2Source } from './sources/source.ts';
import type { KindSummary } from './stages/summary.ts';

export type MigrationRow = {
  id: string;
  source: string;
  fingerprint: string;
  plan: PlanFile;
  content_root: string;
  state: 'running' | 'completed' | 'failed' | 'canceled';
  stage: string;
  done: number;
  total: number | null;
  summary: { kinds: KindSummary[]; mapped: Record<string, number> } | null;
  error: string | null;
  created: string;
  updated: string;
  finished: string | null;
};

/** Of source, plan and content folder: two runs of equal fingerprints do the same. */
export async function runFingerprint(
  source: V2Source,
  wanted: (collection: string) => boolean,
  files: ContentRoot,
  plan: PlanFile,
): Promise<string> {
  const collections = (await source.collections()).filter(({ name }) => wanted(name));
  const parts = collections.map(({ name, fingerprint }) => [name, fingerprint ?? Math.random()]).sort();
  return fingerprintOf({ parts, folder: files.folder, plan });
}

export function latestMigration(database: Queryable): Promise<MigrationRow | null> {
  return database.find<MigrationRow>(sql`select * from migration order by created desc limit 1`);
}

export function findMigration(database: Queryable, id: string): Promise<MigrationRow | null> {
  return database.find<MigrationRow>(sql`select * from migration where id = ${id}`);
}

/** The last run, if it was of the same and got to its end. */
export function completedLike(database: Queryable, fingerprint: string): Promise<MigrationRow | null> {
  return database.find<MigrationRow>(sql`
    select * from (select * from migration order by created desc limit 1) last
    where fingerprint = ${fingerprint} and state = 'completed'`);
}

/** A row for a run: the last one's, when that was of the same and never ended well; what else still runs was killed. */
export async function openMigration(
  database: Queryable,
  fields: Pick<MigrationRow, 'source' | 'fingerprint' | 'plan' | 'content_root'>,
): Promise<string> {
  await database.execute(sql`
    update migration set state = 'failed', error = 'It was interrupted.', updated = clock_timestamp()
    where state = 'running' and fingerprint <> ${fields.fingerprint}`);
  const again = await database.find<{ id: string }>(sql`
    update migration set state = 'running', error = null, stage = '', done = 0, total = null, updated = clock_timestamp()
    where id = (select id from migration order by created desc limit 1)
      and fingerprint = ${fields.fingerprint} and state <> 'completed'
    returning id`);
  if (again) return again.id;
  const { id } = await database.one<{ id: string }>(sql`
    insert into migration (source, fingerprint, plan, content_root)
    values (${fields.source}, ${fields.fingerprint}, ${JSON.stringify(fields.plan)}::jsonb, ${fields.content_root})
    returning id`);
  return id;
}

export async function saveProgress(
  database: Queryable,
  id: string,
  progress: { readonly stage: string; readonly done: number; readonly total: number | null },
): Promise<void> {
  await database.execute(sql`
    update migration set stage = ${progress.stage}, done = ${progress.done}, total = ${progress.total},
      updated = clock_timestamp()
    where id = ${id} and state = 'running'`);
}

export async function endMigration(
  database: Queryable,
  id: string,
  end: {
    readonly state: 'completed' | 'failed' | 'canceled';
    readonly summary: MigrationRow['summary'];
    readonly error: string | null;
  },
): Promise<void> {
  await database.execute(sql`
    update migration set state = ${end.state}, error = ${end.error}, updated = clock_timestamp(),
      finished = clock_timestamp(), summary = coalesce(${end.summary && JSON.stringify(end.summary)}::jsonb, summary)
    where id = ${id}`);
}

/** How many objects of each kind the id map knows that are still there: fewer than after a run means that some went. */
export async function countMapped(database: Queryable): Promise<Record<string, number>> {
  const rows = await database.query<{ kind: string; count: number }>(sql`
    select 'unit' as kind, count(*) as count from migrated_object known join content on content.id = known.v3_id
    where known.kind = 'unit'
    union all
    select 'repository', count(*) from migrated_object known join repository on repository.id = known.v3_id
    where known.kind = 'repository'
    union all
    select 'remote', count(*) from migrated_object known join remote on remote.id = known.v3_id where known.kind = 'remote'
    union all
    select 'distributor', count(*) from migrated_object known join publisher on publisher.id = known.v3_id
    where known.kind = 'distributor'
    order by kind`);
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
}

/** True when a file that was missing or damaged at the last run has its right size now. */
export async function someFileArrived(database: Queryable, id: string, files: ContentRoot): Promise<boolean> {
  const rows = await database.query<{ path: string; name: string; size: number }>(sql`
    select path, name, size from migration_set_aside
    where migration_id = ${id} and path <> '' and reason in ('missing_file', 'unusable_file', 'no_source')`);
  for (const { path, name, size } of rows) {
    const found = await files.findUnit(path, name);
    if (found.state === 'present' && found.size === size) return true;
  }
  return false;
}
