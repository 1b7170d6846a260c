import type { Counts, RepositoryVersionRow } from '../src/core/repository/types.ts';
import type { Services } from '../src/core/services.ts';
import type { Json, TaskObserver, TaskRow } from '../src/core/task/types.ts';
import type { Transaction } from '../src/platform/postgres/database.ts';
import { sql } from '../src/platform/postgres/sql.ts';
import type { JsonObject } from './operation.ts';
import { familyBehaviour } from './plugins/families.ts';
import { type NewHistory, type SyncCounts, writeHistory } from './store/histories.ts';
import type { V2Deps } from './tasks/v2-task.ts';

/** Histories of syncs and publishes that v3 dispatched: v2's own tasks write theirs themselves. */
export function v2Observers({ mappings, registry }: V2Deps): TaskObserver[] {
  return mappings.families.flatMap((family) => {
    const { syncTask, publishTask } = registry.repositoryType(family.repository.type);
    const { v2_type: importerType } = family.importer;
    return [
      {
        names: new Set([syncTask]),
        ended: (tx, task, services) => syncEnded(tx, task, services, importerType, family.family),
      },
      { names: new Set([publishTask]), ended: (tx, task) => publishEnded(tx, task, family.family) },
    ];
  });
}

async function syncEnded(
  tx: Transaction,
  task: TaskRow,
  services: Services,
  importerType: string,
  family: string,
): Promise<void> {
  const { repository: repositoryId } = JSON.parse(services.secrets.open(task.arguments)) as JsonObject;
  if (typeof repositoryId !== 'string' || !(await exists(tx, repositoryId))) return;
  const failed = task.state === 'failed';
  const row = await writeHistory(tx, {
    ...outcome(task),
    repositoryId,
    kind: 'sync',
    actorId: importerType,
    actorTypeId: importerType,
    counts: failed ? null : await countsOf(tx, task.result),
    summary: failed ? null : await summaryOf(family, 'sync'),
    details: null,
  });
  await tx.execute(sql`update v2_importer set last_sync = ${row.completed} where repository_id = ${repositoryId}`);
}

async function exists(tx: Transaction, repositoryId: string): Promise<boolean> {
  return (await tx.find(sql`select 1 as found from repository where id = ${repositoryId} and not hidden`)) !== null;
}

/** What the version that the sync made says, none: nothing changed. What was removed counts below zero (trap 47). */
async function countsOf(tx: Transaction, result: Json): Promise<SyncCounts> {
  const versionId = (result as { repository_version?: string } | null)?.repository_version ?? null;
  const version = await tx.find<{ content_counts: RepositoryVersionRow['content_counts'] }>(
    sql`select content_counts from repository_version where id = ${versionId}`,
  );
  const { added = {}, removed = {} } = version?.content_counts ?? {};
  return { added: sum(added), updated: 0, removed: 0 - sum(removed) };
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

async function publishEnded(tx: Transaction, task: TaskRow, family: string): Promise<void> {
  const publicationId = (task.result as { publication?: string } | null)?.publication ?? null;
  const distributor = await tx.find<{ id: string; repository_id: string; distributor_id: string; type: string }>(sql`
    select d.id, d.repository_id, d.distributor_id, d.distributor_type_id as type
    from publication join v2_distributor d using (publisher_id) where publication.id = ${publicationId}`);
  if (!distributor) return;
  await tx.execute(sql`update v2_distributor set last_publish = ${task.started_at} where id = ${distributor.id}`);
  await writeHistory(tx, {
    ...outcome(task),
    repositoryId: distributor.repository_id,
    kind: 'publish',
    actorId: distributor.distributor_id,
    actorTypeId: distributor.type,
    counts: null,
    summary: await summaryOf(family, 'publish'),
    details: null,
  });
}

type Outcome = Pick<NewHistory, 'started' | 'result' | 'errorMessage' | 'exception' | 'traceback'>;

function outcome(task: TaskRow): Outcome {
  const message =
    task.state === 'failed' ? (task.error?.description ?? task.error?.reason ?? 'The task failed.') : null;
  const results: Record<string, Outcome['result']> = { failed: 'error', canceled: 'canceled' };
  return {
    started: task.started_at ?? task.created,
    result: results[task.state] ?? 'success',
    errorMessage: message,
    exception: message === null ? null : 'PulpExecutionException',
    traceback: message === null ? null : [`PulpExecutionException: ${message}\n`],
  };
}

/** The report of a run of which only the end is known. */
async function summaryOf(family: string, kind: 'sync' | 'publish'): Promise<JsonObject> {
  const behaviour = familyBehaviour(family);
  const forget = async () => undefined;
  return kind === 'sync'
    ? behaviour.createSyncReport(forget).complete(null)
    : behaviour.createPublishReport(forget).complete();
}
