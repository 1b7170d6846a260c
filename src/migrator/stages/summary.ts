import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { objectId } from '../object-id.ts';
import type { RunContext } from '../run-context.ts';
import type { SetAsideRows } from '../set-aside-rows.ts';
import type { Survey } from '../survey.ts';
import type { HistoryCount } from './histories.ts';

/** What became of one kind of thing: source = migrated + deduplicated + set_aside. */
export type KindSummary = {
  readonly kind: string;
  readonly source: number;
  readonly migrated: number;
  readonly deduplicated: number;
  readonly set_aside: number;
};

/** What of the survey stays behind with its repository. */
export function setAsideSurvey(survey: Survey, setAside: SetAsideRows): void {
  for (const { id, document, reason, importers, distributors } of survey.repositories.values()) {
    if (reason === null) continue;
    setAside.add({ kind: 'repository', reason, v2_id: objectId(document), repository: id });
    const inner = reason === 'not_selected' ? reason : ('repository_set_aside' as const);
    for (const importer of importers)
      setAside.add({ kind: 'importer', reason: inner, v2_id: objectId(importer), repository: id });
    for (const entry of distributors)
      setAside.add({ kind: 'distributor', reason: inner, v2_id: objectId(entry), repository: id });
  }
  for (const { kind, id, repoId } of survey.stray) {
    setAside.add({ kind, reason: 'dangling_repository', v2_id: id, repository: repoId });
  }
}

/** Writes down all that was set aside, each item with its reason; what may be millions is told by repository. */
export async function writeSetAside(tx: Transaction, migrationId: string, setAside: SetAsideRows): Promise<void> {
  await tx.execute(sql`delete from migration_set_aside where migration_id = ${migrationId}`);
  const rows = [
    ...setAside.rows.map((row) => ({ ...row, moved: false })),
    ...setAside.notes.map((row) => ({ ...row, moved: true })),
  ];
  await tx.execute(sql`
    insert into migration_set_aside (migration_id, kind, reason, v2_id, repository, detail, moved)
    select ${migrationId}, kind, reason, v2_id, repository, detail, moved
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      item (kind text, reason text, v2_id text, repository text, detail text, moved boolean)`);
  await tx.execute(sql`
    insert into migration_set_aside (migration_id, kind, reason, v2_id, repository, detail, path, name, size)
    select ${migrationId}, unit.type, unit.reason, unit.id,
      (select min(repo_id) from migration_association association where association.unit_id = unit.id),
      coalesce(unit.detail, unit.relative_path), unit.path, unit.relative_path, unit.size
    from migration_unit unit where unit.content_id is null`);
  await tx.execute(sql`
    insert into migration_set_aside (migration_id, kind, reason, v2_id, repository, detail)
    select ${migrationId}, 'association', reason, unit_id, repo_id, detail from migration_association
    where reason in ('dangling_unit', 'dangling_repository', 'path_conflict', 'other_family')`);
  await tx.execute(sql`
    insert into migration_set_aside (migration_id, kind, reason, v2_id, repository, detail, count)
    select ${migrationId}, 'association', reason, '', repo_id, type, count(*) from migration_association
    where reason in ('not_selected', 'unmapped_type', 'repository_set_aside', 'unit_set_aside') group by reason, repo_id, type`);
}

/** Counts what became of everything, from the work tables and the survey. */
export async function summarise(
  tx: Transaction,
  context: Pick<RunContext, 'source' | 'mappings'>,
  survey: Survey,
  setAside: SetAsideRows,
  { histories, schedules }: { readonly histories: HistoryCount; readonly schedules: number },
): Promise<KindSummary[]> {
  const repositories = [...survey.repositories.values()];
  const strays = (kind: string) => survey.stray.filter((entry) => entry.kind === kind).length;
  const lost = (kind: string) => setAside.rows.filter((row) => row.kind === kind).length;
  const count = (kind: string, source: number) => {
    const behind = lost(kind);
    return { kind, source, migrated: source - behind, deduplicated: 0, set_aside: behind };
  };
  const importers = repositories.reduce((sum, entry) => sum + entry.importers.length, 0) + strays('importer');
  const distributors = repositories.reduce((sum, entry) => sum + entry.distributors.length, 0) + strays('distributor');
  return [
    count('repository', repositories.length),
    count('importer', importers),
    count('distributor', distributors),
    ...(await countUnits(tx)),
    ...(await countUnmapped(context)),
    ...(await tx.query<KindSummary>(ASSOCIATIONS)),
    ...(await countCatalogue(tx)),
    count('schedule', schedules),
    {
      kind: 'history',
      source: histories.source,
      migrated: histories.moved,
      deduplicated: 0,
      set_aside: histories.source - histories.moved,
    },
  ].filter(({ source }) => source > 0);
}

function countUnits(tx: Transaction): Promise<KindSummary[]> {
  return tx.query<KindSummary>(sql`
    select type as kind, count(*) as source, count(*) filter (where content_id is not null and not deduplicated) as migrated,
      count(*) filter (where content_id is not null and deduplicated) as deduplicated,
      count(*) filter (where content_id is null) as set_aside
    from migration_unit group by type order by type`);
}

async function countUnmapped({ source, mappings }: Pick<RunContext, 'source' | 'mappings'>): Promise<KindSummary[]> {
  const collections = await source.collections();
  const units = collections.filter(
    ({ name }) => name.startsWith('units_') && !mappings.byUnit(name.slice('units_'.length)),
  );
  return units.map(({ name, documents = 0 }) => {
    const kind = name.slice('units_'.length);
    return { kind, source: documents, migrated: 0, deduplicated: 0, set_aside: documents };
  });
}

const ASSOCIATIONS = sql`
  select 'association' as kind, count(*) as source, count(*) filter (where reason is null) as migrated,
    count(*) filter (where reason = 'duplicate') as deduplicated,
    count(*) filter (where reason <> 'duplicate') as set_aside
  from migration_association`;

async function countCatalogue(tx: Transaction): Promise<KindSummary[]> {
  // Groups that fit in memory need no sorting: 0.6 s instead of 2.6 s for 200,000 entries.
  await tx.execute(sql`set local work_mem = '32MB'`);
  return tx.query<KindSummary>(CATALOGUE);
}

/** Older revisions of an entry count as deduplicated. */
const CATALOGUE = sql`
  select 'catalogue entry' as kind, coalesce(sum(entries), 0)::bigint as source,
    count(*) filter (where usable > 0) as migrated,
    coalesce(sum(usable - 1) filter (where usable > 0), 0)::bigint as deduplicated,
    coalesce(sum(entries - usable), 0)::bigint as set_aside
  from (
    select count(*) as entries, count(*) filter (where unit.content_id is not null and entry.url <> '') as usable
    from migration_catalogue entry left join migration_unit unit on unit.id = entry.unit_id
    group by entry.unit_id, entry.importer_id
  ) pairs`;
