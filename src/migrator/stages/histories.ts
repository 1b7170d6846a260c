import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { objectId } from '../object-id.ts';
import type { RunContext } from '../run-context.ts';
import type { V2Document } from '../sources/source.ts';
import { cleanText, dateOf, integerOf, textOf, toJson } from '../values.ts';

const COLUMNS = [
  'object_id',
  'repo_id',
  'kind',
  'actor_id',
  'actor_type_id',
  'started',
  'completed',
  'result',
  'added_count',
  'updated_count',
  'removed_count',
  'summary',
  'details',
  'error_message',
  'exception',
  'traceback',
] as const;

type Kind = {
  readonly kind: 'sync' | 'publish';
  readonly collection: string;
  readonly id: string;
  readonly type: string;
};

const KINDS: readonly Kind[] = [
  { kind: 'sync', collection: 'repo_sync_results', id: 'importer_type_id', type: 'importer_type_id' },
  { kind: 'publish', collection: 'repo_publish_results', id: 'distributor_id', type: 'distributor_type_id' },
];

export type HistoryCount = { readonly source: number; readonly moved: number };

/** Copies the sync and publish histories of these repositories; entries that are there already stay as they are. */
export async function migrateHistories(context: RunContext, repositoryIds: readonly string[]): Promise<HistoryCount> {
  return context.services.database.transaction(async (tx) => {
    await tx.execute(sql`
      create temp table migration_history (object_id text, repo_id text, kind text, actor_id text, actor_type_id text,
        started timestamptz, completed timestamptz, result text, added_count int, updated_count int, removed_count int,
        summary jsonb, details jsonb, error_message text, exception text, traceback jsonb) on commit drop`);
    for (const kind of KINDS) await tx.copy('migration_history', COLUMNS, rows(context, kind));
    await insert(tx, repositoryIds);
    return tx.one<HistoryCount>(sql`
      select count(*) as source, count(history.id) as moved
      from migration_history work left join v2_history history on history.object_id = work.object_id`);
  });
}

async function* rows(context: RunContext, kind: Kind): AsyncGenerator<unknown[]> {
  for await (const batch of context.source.read(kind.collection)) {
    context.signal.throwIfAborted();
    for (const document of batch) yield row(document, kind);
  }
}

function row(document: V2Document, { kind, id, type }: Kind): unknown[] {
  const text = (name: string) => cleanText(textOf(document[name]) ?? '');
  const started = dateOf(document.started) ?? dateOf(document.completed);
  return [
    objectId(document),
    text('repo_id'),
    kind,
    text(id),
    text(type),
    started,
    dateOf(document.completed) ?? started,
    text('result') || 'failed',
    integerOf(document.added_count),
    integerOf(document.updated_count),
    integerOf(document.removed_count),
    jsonOf(document.summary),
    jsonOf(document.details),
    textOf(document.error_message) && text('error_message'),
    textOf(document.exception) && text('exception'),
    tracebackOf(document.traceback),
  ];
}

/** COPY takes texts as they are, so that a text that is JSON has to be written as one. */
function jsonOf(value: unknown): unknown {
  const clean = toJson(value ?? null);
  return typeof clean === 'string' ? JSON.stringify(clean) : clean;
}

/** A list of texts; older servers stored one text. */
function tracebackOf(value: unknown): unknown {
  if (typeof value === 'string') return [cleanText(value)];
  return Array.isArray(value) ? toJson(value) : null;
}

async function insert(tx: Transaction, repositoryIds: readonly string[]): Promise<void> {
  await tx.execute(sql`
    insert into v2_history (object_id, repository_id, kind, actor_id, actor_type_id, started, completed, result, added_count,
      updated_count, removed_count, summary, details, error_message, exception, traceback)
    select distinct on (work.object_id) work.object_id, repository.id, work.kind, work.actor_id, work.actor_type_id,
      work.started, work.completed, work.result, work.added_count, work.updated_count, work.removed_count, work.summary,
      work.details, work.error_message, work.exception, work.traceback
    from migration_history work join repository on repository.name = work.repo_id
    where repository.id = any (${repositoryIds}::uuid[]) and work.started is not null
    order by work.object_id
    on conflict (object_id) do nothing`);
}
