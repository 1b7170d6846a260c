import { isDeepStrictEqual } from 'node:util';
import { latestVersion } from '../../src/core/repository/reader.ts';
import { applyRetention } from '../../src/core/repository/retention.ts';
import type { RepositoryRow } from '../../src/core/repository/types.ts';
import type { Job, TaskDefinition } from '../../src/core/task/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { isTrue } from '../config.ts';
import { codedError, dataError, toV2Error } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import type { PublishReporter } from '../plugins/behaviour.ts';
import { familyBehaviour } from '../plugins/families.ts';
import { presentHistory } from '../present/history.ts';
import { prepareToPublish } from '../store/distributor-writes.ts';
import { type Distributor, findDistributor, missingDistributor } from '../store/distributors.ts';
import { type HistoryRow, type NewHistory, writeHistory } from '../store/histories.ts';
import { findRepositoryView } from '../store/repositories.ts';
import { PUBLISH_TASK } from '../store/schedules.ts';
import { type PublishArgs, publishTags } from './calls.ts';
import { type V2Deps, type V2Job, v2Of, v2Task } from './v2-task.ts';

export function publishTask(deps: V2Deps): TaskDefinition {
  return v2Task<PublishArgs>(PUBLISH_TASK, publishTags, (task, args) => publish(v2Of(deps, task.job), task, args));
}

/** Publishes with the plugin's own task unless nothing changed, and writes the history (v2-api.md 2.8). */
async function publish(v2: V2App, task: V2Job, { repo_id, distributor_id, override_config }: PublishArgs) {
  const { database } = v2.app.services;
  const view = await findRepositoryView(database, repo_id);
  const found = view && (await findDistributor(v2, database, view, distributor_id));
  if (!found) throw missingDistributor(repo_id, distributor_id);
  const distributor = await database.transaction((tx) => prepareToPublish(tx, found));
  const started = task.job.row.started_at ?? new Date().toISOString();
  const reason = await reasonToSkip(v2, distributor, override_config);
  const history =
    reason === null
      ? await runPublish(v2, task, distributor, override_config, started)
      : await database.transaction((tx) =>
          endPublish(tx, distributor, override_config, {
            ...entryFor(distributor, started),
            result: 'skipped',
            summary: reason,
            details: reason,
          }),
        );
  return presentHistory(repo_id, history);
}

/** The text that the original gave, compared literally by its tests; null when there is something to publish. */
async function reasonToSkip(v2: V2App, distributor: Distributor, override: JsonObject): Promise<string | null> {
  const { repository, lastPublish, lastUpdated, lastOverride } = distributor;
  if (isTrue(override.force_full) || isTrue(distributor.config.force_full)) return null;
  const before = override.predistributor_id ?? distributor.config.predistributor_id ?? null;
  if (typeof before === 'string') {
    const first = await findDistributor(v2, v2.app.services.database, repository, before);
    const isCurrent = first?.lastPublish && (lastPublish === null || first.lastPublish >= lastPublish);
    return isCurrent ? null : `Skipped: Predistributor ${before} has not published since last publish.`;
  }
  if (lastPublish === null || !isDeepStrictEqual(plain(override), plain(lastOverride))) return null;
  const changes = [repository.content_added_at, repository.content_removed_at, lastUpdated];
  const isChanged = changes.some((time) => time !== null && time > lastPublish);
  return isChanged ? null : 'Skipped: Repository content has not changed since last publish.';
}

function plain({ force_full: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

async function runPublish(
  v2: V2App,
  task: V2Job,
  distributor: Distributor,
  override: JsonObject,
  started: string,
): Promise<HistoryRow> {
  const family = v2.mappings.byDistributor(distributor.mapping.v2_type)?.family.family ?? '';
  const reporter = familyBehaviour(family).createPublishReport((report) =>
    task.saveProgress({ [distributor.id]: report }),
  );
  await reporter.begin();
  try {
    const publicationId = await runCorePublish(v2, task.job, distributor);
    const entry = { ...entryFor(distributor, started), result: 'success' as const, summary: await reporter.complete() };
    return await v2.app.services.database.transaction(async (tx) => {
      await serve(tx, distributor, publicationId);
      return endPublish(tx, distributor, override, entry);
    });
  } catch (error) {
    await endFailed(v2, task.job, distributor, reporter, started, error);
    throw toV2Error(error) ? reportedFailure(distributor, error) : error;
  }
}

/** The id of the publication. */
async function runCorePublish(v2: V2App, job: Job, { repository, publisher }: Distributor): Promise<string> {
  const { registry, services } = v2.app;
  const definition = services.definitions.get(registry.repositoryType(repository.type).publishTask);
  if (!definition) throw dataError('This server cannot publish such a repository.');
  const version = await latestVersion(services.database, repository.id);
  const result = await definition.run(job, { repository_version: version.id, publisher: publisher?.id ?? null });
  return (result as { publication: string }).publication;
}

/** The distribution shows the new publication, also one that two distributors share; older ones go. */
async function serve(tx: Transaction, { repository, publisher, distribution }: Distributor, publicationId: string) {
  if (distribution && !distribution.follows) {
    await tx.execute(sql`
      update distribution set publication_id = ${publicationId}, repository_version_id = null,
        updated = clock_timestamp()
      where id = ${distribution.id} and publisher_id is not null
        and (publication_id is distinct from ${publicationId} or repository_version_id is not null)`);
  }
  await tx.execute(sql`
    delete from publication where publisher_id = ${publisher?.id ?? null} and id <> ${publicationId}
      and not exists (select from distribution where distribution.publication_id = publication.id)`);
  const { retain_repo_versions } = await tx.one<Pick<RepositoryRow, 'retain_repo_versions'>>(
    sql`select retain_repo_versions from repository where id = ${repository.id} for update`,
  );
  await applyRetention(tx, repository.id, retain_repo_versions);
}

function entryFor(distributor: Distributor, started: string): Omit<NewHistory, 'result' | 'summary'> {
  return {
    repositoryId: distributor.repository.id,
    kind: 'publish',
    actorId: distributor.id,
    actorTypeId: distributor.mapping.v2_type,
    started,
    counts: null,
    details: null,
    errorMessage: null,
    exception: null,
    traceback: null,
  };
}

/** A skip moves last_publish too; it is the start of the publish. */
async function endPublish(
  tx: Transaction,
  distributor: Distributor,
  override: JsonObject,
  entry: NewHistory,
): Promise<HistoryRow> {
  await tx.execute(sql`
    update v2_distributor set last_publish = ${entry.started},
      last_override_config = ${JSON.stringify(override)}::jsonb
    where id = ${distributor.rowId}`);
  return writeHistory(tx, entry);
}

async function endFailed(
  v2: V2App,
  job: Job,
  distributor: Distributor,
  reporter: PublishReporter,
  started: string,
  error: unknown,
): Promise<void> {
  const { database } = v2.app.services;
  const entry = entryFor(distributor, started);
  if (job.signal.aborted) {
    await writeHistory(database, { ...entry, result: 'canceled', summary: await reporter.cancel() });
    return;
  }
  const message = toV2Error(error)?.message ?? 'The publish failed for an internal reason.';
  const failed = { errorMessage: message, exception: 'PulpExecutionException', traceback: [`${message}\n`] };
  await writeHistory(database, { ...entry, ...failed, result: 'error', summary: await reporter.fail(message) });
}

function reportedFailure({ id, repository }: Distributor, error: unknown) {
  const data = { distributor_id: id, repo_id: repository.name, summary: toV2Error(error)?.message ?? null };
  const text = `The distributor ${id} indicated a failed response when publishing repository ${repository.name}.`;
  return codedError('PLP0034', text, data);
}
