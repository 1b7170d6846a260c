import { isDeepStrictEqual } from 'node:util';
import { together } from './in-parallel.ts';
import {
  completedLike,
  countMapped,
  endMigration,
  openMigration,
  runFingerprint,
  saveProgress,
  someFileArrived,
} from './ledger.ts';
import { withMigrationLock } from './lock.ts';
import { unknownIds } from './plan/plan-file.ts';
import type { Progress, RunContext } from './run-context.ts';
import { SetAsideRows } from './set-aside-rows.ts';
import { SourceError } from './sources/source.ts';
import { migrateContent } from './stages/content.ts';
import { migrateHistories } from './stages/histories.ts';
import { migratePublications } from './stages/publications.ts';
import { migrateRepositories } from './stages/repositories.ts';
import { resolveByContent } from './stages/resolve-by-content.ts';
import { migrateSchedules } from './stages/schedules.ts';
import { noteMigrated, sortAssociations, sortWork } from './stages/sort.ts';
import { migrateSources } from './stages/sources.ts';
import { setAsideSurvey, summarise, writeSetAside } from './stages/summary.ts';
import { migrateVersions } from './stages/versions.ts';
import { clearWorkTables, fillWorkTables } from './stages/work-tables.ts';
import { type Survey, surveyRepositories } from './survey.ts';
import { wantedCollections } from './wanted.ts';

export type MigrationOptions = Omit<RunContext, 'migrationId'>;

export type RunResult = { readonly id: string; readonly changed: boolean };

/** Progress reaches the database at most this often. */
const SAVE_MS = 1000;

/**
 * Moves the source into the store. May be killed at any time and run again: every step finds out what is left to do by
 * comparing the source with what the id map says was done. A run that finds nothing to do writes nothing.
 * Errors: SourceError for what cannot be read, MigrationBusyError while another one is running.
 */
export async function runMigration(options: MigrationOptions): Promise<RunResult> {
  const { services, source, mappings, files, plan } = options;
  const { database } = services;
  return withMigrationLock(database, async () => {
    const survey = await surveyRepositories(source, mappings, plan);
    const unknown = unknownIds(plan, (id) => survey.repositories.has(id));
    if (unknown.length > 0)
      throw new SourceError(`the plan names repositories that are not there: ${unknown.join(', ')}`);
    const fingerprint = await runFingerprint(source, wantedCollections(mappings), files, plan);
    const before = await completedLike(database, fingerprint);
    if (before && isDeepStrictEqual(before.summary?.mapped, await countMapped(database))) {
      if (!(await someFileArrived(database, before.id, files))) return { id: before.id, changed: false };
    }
    const id = await openMigration(database, {
      source: source.describe(),
      fingerprint,
      plan,
      content_root: files.folder,
    });
    await runStages({ ...options, migrationId: id, progress: saving(options, id) }, survey);
    return { id, changed: true };
  });
}

function saving({ services, progress }: MigrationOptions, id: string): Progress {
  let savedAt = 0;
  return (stage, done, total, bytes) => {
    progress(stage, done, total, bytes);
    if (Date.now() - savedAt < SAVE_MS) return;
    savedAt = Date.now();
    // Never the reason why a migration fails.
    saveProgress(services.database, id, { stage, done, total }).catch(() => undefined);
  };
}

async function runStages(context: RunContext, survey: Survey): Promise<void> {
  const { database } = context.services;
  try {
    await migrate(context, survey);
  } catch (error) {
    const canceled = context.signal.aborted;
    const message = canceled ? null : (error as Error).message;
    await endMigration(database, context.migrationId, {
      state: canceled ? 'canceled' : 'failed',
      summary: null,
      error: message,
    });
    throw error;
  }
}

async function migrateMembership(context: RunContext, survey: Survey, repositories: readonly string[]): Promise<void> {
  await context.services.database.transaction(sortAssociations);
  await migrateVersions(context, repositories);
  await migratePublications(context, survey, repositories);
}

async function migrate(context: RunContext, found: Survey): Promise<void> {
  const { database } = context.services;
  const setAside = new SetAsideRows();
  // One transaction: a source that cannot be read to its end leaves nothing behind.
  const survey = await database.transaction(async (tx) => {
    await fillWorkTables(tx, context, found);
    return resolveByContent(tx, found, context.mappings);
  });
  setAsideSurvey(survey, setAside);
  const [repositories] = await together(
    migrateRepositories(context, survey, setAside),
    database.transaction((tx) => sortWork(tx, context.plan.orphans)),
  );
  await migrateContent(context);
  await database.transaction(noteMigrated);
  await together(migrateSources(context, survey), migrateMembership(context, survey, repositories));
  const histories = await migrateHistories(context, repositories);
  const schedules = await migrateSchedules(context, repositories, setAside, new Date());
  context.progress('report', 0, 1, 0);
  await database.transaction(async (tx) => {
    await writeSetAside(tx, context.migrationId, setAside);
    const kinds = await summarise(tx, context, survey, setAside, { histories, schedules });
    await endMigration(tx, context.migrationId, {
      state: 'completed',
      summary: { kinds, mapped: await countMapped(tx) },
      error: null,
    });
    await clearWorkTables(tx);
  });
  context.progress('report', 1, 1, 0);
}
