import { autopublishers } from '../../src/core/publisher/autopublish.ts';
import { createRemote, deleteRemote } from '../../src/core/remote/transactor.ts';
import type { RemoteRow } from '../../src/core/remote/types.ts';
import type { Job, TaskDefinition } from '../../src/core/task/types.ts';
import { importerToRemote } from '../../src/mapping/importer.ts';
import { toBoolean } from '../../src/mapping/transforms.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { mergeConfig } from '../config.ts';
import { dataError, executionError, missingResource, toV2Error } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import type { Downloaded, SyncReporter } from '../plugins/behaviour.ts';
import { checkImporterConfig, importerFamily } from '../plugins/check.ts';
import { familyBehaviour } from '../plugins/families.ts';
import { presentHistory } from '../present/history.ts';
import { listDistributors } from '../store/distributors.ts';
import { type HistoryRow, type NewHistory, type SyncCounts, writeHistory } from '../store/histories.ts';
import { cleanConfig, findImporter, type Importer } from '../store/importers.ts';
import { freeName } from '../store/names.ts';
import { getRepositoryView, type RepositoryView } from '../store/repositories.ts';
import { SYNC_TASK } from '../store/schedules.ts';
import { downloadCall, publishCall, type SyncArgs, syncTags } from './calls.ts';
import { type V2Deps, type V2Job, v2Of, v2Task } from './v2-task.ts';

export function syncTask(deps: V2Deps): TaskDefinition {
  return v2Task<SyncArgs>(SYNC_TASK, syncTags, (task, args) => sync(v2Of(deps, task.job), task, args));
}

/** Syncs with the plugin's own task, writes the history, queues what follows (v2-api.md 4.5). */
async function sync(v2: V2App, task: V2Job, { repo_id, override_config }: SyncArgs): Promise<JsonObject> {
  const { database } = v2.app.services;
  const view = await getRepositoryView(database, repo_id);
  const importer = await findImporter(v2, database, view);
  if (!importer) throw missingResource({ repo_id });
  const reporter = familyBehaviour(importerFamily(v2, importer.typeId).family).createSyncReport((report) =>
    task.saveProgress({ [importer.typeId]: report }),
  );
  const config = cleanConfig(mergeConfig(importer.config, override_config));
  await forgetOverrides(database, view);
  const remote = await chooseRemote(v2, importer, config, override_config);
  const history = await runSync(v2, task.job, importer, config, remote, reporter);
  await spawnPublishes(v2, task, view);
  if (config.download_policy === 'background') await task.spawn(downloadCall(view, false));
  return presentHistory(view.name, history);
}

type ChosenRemote = { readonly id: string; readonly policy: string; readonly temporary: boolean };

/** The importer's own remote, or one made for an override: it stays when on-demand units will need it. */
async function chooseRemote(
  v2: V2App,
  importer: Importer,
  config: JsonObject,
  override: JsonObject,
): Promise<ChosenRemote> {
  const { database, secrets } = v2.app.services;
  const { mapping, repository, remote } = importer;
  if (Object.keys(override).length === 0) {
    if (!remote) throw executionError('Repository without feed cannot be synchronized');
    return { id: remote.id, policy: remote.policy, temporary: false };
  }
  checkImporterConfig(importerFamily(v2, importer.typeId), config);
  const { remote: fields } = importerToRemote(mapping, config);
  if (!fields) throw executionError('Repository without feed cannot be synchronized');
  return database.transaction(async (tx) => {
    const name = await freeName(tx, 'remote', `${repository.name}-override`);
    const data = { made_for: repository.id };
    const values = { ...fields, type: mapping.v3_type, name, data } as Partial<RemoteRow>;
    const { id, policy } = await createRemote(tx, secrets, values);
    return { id, policy, temporary: true };
  });
}

/** Remotes of overrides before: one that a killed sync has left behind, or whose on-demand units are needed no more. */
async function forgetOverrides(database: Queryable, { id }: RepositoryView): Promise<void> {
  await database.execute(sql`
    delete from remote where data ->> 'made_for' = ${id}
      and (policy = 'immediate' or not exists (select from remote_artifact where remote_id = remote.id))
      and not exists (select from repository where remote_id = remote.id)`);
}

async function runSync(
  v2: V2App,
  job: Job,
  importer: Importer,
  config: JsonObject,
  remote: ChosenRemote,
  reporter: SyncReporter,
): Promise<HistoryRow> {
  const { repository: view, typeId } = importer;
  const started = job.row.started_at ?? new Date().toISOString();
  const end = (entry: HistoryEnd) =>
    endSync(v2, {
      repositoryId: view.id,
      kind: 'sync',
      actorId: typeId,
      actorTypeId: typeId,
      started,
      details: null,
      ...entry,
    });
  await reporter.begin();
  try {
    await runCoreSync(v2, reporter.watch(job), view, remote, toBoolean(config.remove_missing) ?? false);
    const downloaded = remote.policy === 'immediate' ? await countDownloads(v2, view, started) : null;
    const summary = await reporter.complete(downloaded);
    return await end({ ...NO_ERROR, result: 'success', counts: await countChange(v2, view), summary });
  } catch (error) {
    if (job.signal.aborted) {
      await end({ ...NO_ERROR, result: 'canceled', counts: NO_CHANGE, summary: await reporter.cancel() });
      throw error;
    }
    const known = toV2Error(error) ?? executionError('The sync failed for an internal reason.');
    if (!toV2Error(error)) v2.app.services.log.error({ err: error, task: job.id }, 'sync failed');
    const downloaded = await countDownloads(v2, view, started);
    const failure = await reporter.fail(error instanceof Error && toV2Error(error) ? error : known, downloaded);
    await end(
      failure.indicated
        ? { ...NO_ERROR, result: 'failed', counts: NO_CHANGE, summary: failure.summary }
        : { ...errorMembers(failure.error), actorId: importer.objectId, result: 'error', counts: null, summary: null },
    );
    throw failure.error;
  } finally {
    if (remote.temporary && remote.policy === 'immediate') await deleteRemote(v2.app.services.database, remote.id);
  }
}

type HistoryEnd = Pick<NewHistory, 'result' | 'counts' | 'summary' | 'errorMessage' | 'exception' | 'traceback'> &
  Partial<Pick<NewHistory, 'actorId'>>;

const NO_ERROR = { errorMessage: null, exception: null, traceback: null } as const;
const NO_CHANGE: SyncCounts = { added: 0, updated: 0, removed: 0 };

function errorMembers({ message, type }: { message: string; type: string }) {
  return { errorMessage: message, exception: type, traceback: [`${type}: ${message}\n`] };
}

/** v2 syncs always do the whole work, as far as the remote lets them. */
async function runCoreSync(v2: V2App, job: Job, view: RepositoryView, remote: ChosenRemote, mirror: boolean) {
  const { registry, services } = v2.app;
  const definition = services.definitions.get(registry.repositoryType(view.type).syncTask);
  if (!definition) throw dataError('This server cannot sync such a repository.');
  const args = { repository: view.id, remote: remote.id, mirror, optimize: false, partial: true, autopublish: false };
  await definition.run(job, args);
}

async function endSync(v2: V2App, entry: NewHistory): Promise<HistoryRow> {
  return v2.app.services.database.transaction(async (tx) => {
    const row = await writeHistory(tx, entry);
    await tx.execute(
      sql`update v2_importer set last_sync = ${row.completed} where repository_id = ${entry.repositoryId}`,
    );
    return row;
  });
}

/** Files of the repository whose bytes came since then. */
function countDownloads(v2: V2App, view: RepositoryView, since: string): Promise<Downloaded> {
  return v2.app.services.database.one<Downloaded>(sql`
    select count(*) as count, coalesce(sum(artifact.size), 0)::bigint as bytes
    from repository_content rc join content_artifact file using (content_id)
    join artifact on artifact.id = file.artifact_id
    where rc.repository_id = ${view.id} and rc.version_removed is null and artifact.created >= ${since}`);
}

/** `removed` is what the original reckoned: after - before - added, which is never positive (trap 47). */
async function countChange(v2: V2App, before: RepositoryView): Promise<SyncCounts> {
  const after = await getRepositoryView(v2.app.services.database, before.name);
  const { added } = await v2.app.services.database.one<{ added: number }>(sql`
    select count(*) as added from repository_content rc
    where rc.repository_id = ${before.id} and rc.version_removed is null
      and rc.version_added >= ${before.next_version}`);
  return { added, updated: 0, removed: total(after) - total(before) - added };
}

function total({ present }: RepositoryView): number {
  return Object.values(present).reduce((sum, count) => sum + count, 0);
}

/** One child per publisher that wants it; those that v2 does not know publish in the core's own way. */
async function spawnPublishes(v2: V2App, task: V2Job, view: RepositoryView): Promise<void> {
  const { registry, services } = v2.app;
  const distributors = await listDistributors(v2, services.database, view);
  for (const publisher of await autopublishers(services.database, view.id)) {
    const distributor = distributors.find((entry) => entry.publisher?.id === publisher.id);
    if (distributor) {
      await task.spawn(publishCall(v2, view, distributor.id, {}));
      continue;
    }
    await task.job.dispatch({
      name: registry.repositoryType(view.type).publishTask,
      args: { repository: view.id, publisher: publisher.id },
      exclusive: [],
      shared: [services.models.prn('repository', view.type, view.id)],
      immediate: false,
    });
  }
}
