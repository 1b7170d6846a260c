import { PulpError } from '../core/errors.ts';
import { MIGRATE_TASK } from '../core/task/names.ts';
import type { Progress as ProgressReport } from '../core/task/progress.ts';
import type { Job, Json, TaskDefinition } from '../core/task/types.ts';
import type { Mappings } from '../mapping/load.ts';
import { YamlError } from '../platform/yaml/read-checked.ts';
import type { Registry } from '../plugin/registry.ts';
import { openContentRoot } from './content-root.ts';
import { findMigration } from './ledger.ts';
import { MigrationBusyError } from './lock.ts';
import { readInventory } from './plan/inventory.ts';
import { checkPlan } from './plan/plan-file.ts';
import { runMigration } from './run.ts';
import type { Progress, Stage } from './run-context.ts';
import { openSource } from './sources/open-source.ts';
import { SourceError } from './sources/source.ts';
import { wantedCollections } from './wanted.ts';

/**
 * The migration as a task: arguments { source, content_root, plan, dry_run }. Its result is the summary of the run, or
 * the inventory of a dry run, which writes nothing.
 */
export function migrateTask(deps: { readonly mappings: Mappings; readonly registry: Registry }): TaskDefinition {
  return { name: MIGRATE_TASK, run: (job, args) => told(() => run(deps, job, args)) };
}

async function told(work: () => Promise<Json>): Promise<Json> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SourceError || error instanceof YamlError || error instanceof MigrationBusyError))
      throw error;
    throw new PulpError('task', error.message, { cause: error });
  }
}

async function run(
  { mappings, registry }: { readonly mappings: Mappings; readonly registry: Registry },
  job: Job,
  args: { [key: string]: Json },
): Promise<Json> {
  const { services, signal } = job;
  const plan = checkPlan(args.plan ?? {}, 'plan');
  const files = openContentRoot(String(args.content_root));
  const wanted = wantedCollections(mappings);
  const source = await openSource(String(args.source), { workDirectory: await job.workdir(), wanted });
  try {
    if (args.dry_run === true) return toResult(await readInventory({ source, files, plan, mappings }));
    const reports = stageReports(job);
    const { id, changed } = await runMigration({
      services,
      registry,
      mappings,
      source,
      files,
      plan,
      signal,
      progress: reports.tell,
    });
    await reports.complete();
    job.created(services.models.prn('migration', null, id));
    const migration = await findMigration(services.database, id);
    return toResult({ migration: id, changed, kinds: migration?.summary?.kinds ?? [] });
  } finally {
    await source.close();
  }
}

function toResult(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

/** A progress report for each stage, opened when the stage begins. */
function stageReports(job: Job): { tell: Progress; complete(): Promise<void> } {
  const reports = new Map<Stage, Promise<ProgressReport>>();
  const last = new Map<Stage, number>();
  return {
    tell(stage, done, total) {
      const opened =
        reports.get(stage) ?? job.progress({ code: `migrating.${stage}`, message: `Migrating: ${stage}`, total });
      reports.set(stage, opened);
      const more = done - (last.get(stage) ?? 0);
      last.set(stage, done);
      // A report that cannot be written is no reason to stop moving; the task's own end shows what is wrong.
      opened.then(
        (report) => report.add(more),
        () => undefined,
      );
    },
    async complete() {
      for (const report of reports.values()) await (await report).complete();
    },
  };
}
