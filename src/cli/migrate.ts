import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openInstallation } from '../boot/installation.ts';
import { projectRoot } from '../config/root.ts';
import { loadMappings, type Mappings } from '../mapping/load.ts';
import { openContentRoot, V2_STORAGE } from '../migrator/content-root.ts';
import { latestMigration } from '../migrator/ledger.ts';
import { MigrationBusyError } from '../migrator/lock.ts';
import { readInventory } from '../migrator/plan/inventory.ts';
import { MOVE_ALL, type PlanFile, readPlanFile } from '../migrator/plan/plan-file.ts';
import { renderPlan } from '../migrator/plan/render-plan.ts';
import { hasSetAside, readReport, renderReport } from '../migrator/report/report.ts';
import { runMigration } from '../migrator/run.ts';
import { openSource } from '../migrator/sources/open-source.ts';
import { SourceError, type V2Source } from '../migrator/sources/source.ts';
import { verifyMigration } from '../migrator/verify/verify.ts';
import { wantedCollections } from '../migrator/wanted.ts';
import { YamlError } from '../platform/yaml/read-checked.ts';
import type { App } from '../plugin/app.ts';
import { DONE, FAILED, SET_ASIDE, WRONG_USE } from './exit-codes.ts';
import { askToGoOn, renderStatus, renderVerification, showProgress } from './migrate-output.ts';
import { loadSettings } from './settings.ts';

type Options = { source: string; contentRoot?: string; plan?: string; json?: true; yes?: true };

const POOL_SIZE = 8;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** `migrate plan|run|status|verify|report`: brings a Pulp 2 installation into the store. */
export function addMigrate(program: Command, finish: (exitCode: number) => void): void {
  const migrate = program.command('migrate').description('move a Pulp 2 installation into this one');
  const withSource = (name: string, text: string, action: (options: Options) => Promise<number>) => {
    const command = migrate.command(name).description(text);
    command.requiredOption('--source <uri>', 'a mongodump archive or folder, plain or gzipped');
    command.option('--content-root <folder>', "what stands for the old server's /var/lib/pulp", V2_STORAGE);
    command.option('--plan <file>', 'YAML: repositories to take, feeds that moved');
    command.option('--json', 'print JSON');
    if (name === 'run') command.option('--yes', 'do not ask');
    command.action(async (options: Options) => finish(await guarded(() => action(options))));
  };
  withSource('plan', 'say what would happen; writes nothing', plan);
  withSource('run', 'move everything that is not moved yet', run);
  withSource('verify', 'prove counts, digests and published paths against the source', verify);
  for (const [name, text, action] of [
    ['status', 'how far the last migration got', status],
    ['report', 'what the last migration moved and what not, with reasons', report],
  ] as const) {
    const command = migrate.command(name).description(text).option('--json', 'print JSON');
    command.action(async (options: Pick<Options, 'json'>) => finish(await guarded(() => action(options))));
  }
}

/** Errors that are the operator's to mend are told in a sentence. */
async function guarded(action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    const told = error instanceof SourceError || error instanceof YamlError || error instanceof MigrationBusyError;
    if (!told) throw error;
    console.error(error.message);
    return error instanceof YamlError ? WRONG_USE : FAILED;
  }
}

async function plan(options: Options): Promise<number> {
  const mappings = loadMappings(join(projectRoot, 'mappings'));
  const wanted = readPlan(options.plan);
  const files = openContentRoot(resolve(options.contentRoot ?? V2_STORAGE));
  const inventory = await withSource(options.source, mappings, (source) =>
    readInventory({ source, files, plan: wanted, mappings }),
  );
  console.log(options.json ? JSON.stringify(inventory, null, 2) : renderPlan(inventory));
  return DONE;
}

async function run(options: Options): Promise<number> {
  const wanted = readPlan(options.plan);
  const files = openContentRoot(resolve(options.contentRoot ?? V2_STORAGE));
  if (!existsSync(files.folder))
    console.error(`Warning: ${files.folder} is not there: only on-demand content can move.`);
  if (
    !options.yes &&
    !(await askToGoOn(`Move ${options.source} with the files of ${files.folder} into this installation?`))
  ) {
    return DONE;
  }
  return withApp(async (app, mappings, signal) => {
    const progress = showProgress(process.stderr);
    const result = await withSource(options.source, mappings, (source) =>
      runMigration({ ...app, mappings, source, files, plan: wanted, signal, progress: progress.tell }),
    ).finally(progress.end);
    if (!result.changed) console.error('Nothing has changed since the last run: nothing was written.');
    return printReport(app, options.json === true, true);
  });
}

async function verify(options: Options): Promise<number> {
  const wanted = readPlan(options.plan);
  return withApp(async (app, mappings, signal) => {
    const progress = showProgress(process.stderr);
    const found = await withSource(options.source, mappings, (source) =>
      verifyMigration({
        ...app,
        mappings,
        source,
        plan: wanted,
        signal,
        progress: (step, done, total) => progress.tell(step, done, total, 0),
      }),
    ).finally(progress.end);
    console.log(options.json ? JSON.stringify(found, null, 2) : renderVerification(found));
    return found.problems.length === 0 ? DONE : FAILED;
  });
}

async function status(options: Pick<Options, 'json'>): Promise<number> {
  return withApp(async ({ services }) => {
    const migration = await latestMigration(services.database);
    if (options.json) console.log(JSON.stringify(migration, null, 2));
    else console.log(migration ? renderStatus(migration) : 'There was no migration yet.');
    return DONE;
  });
}

async function report(options: Pick<Options, 'json'>): Promise<number> {
  return withApp((app) => printReport(app, options.json === true, false));
}

async function printReport({ services }: App, json: boolean, asExitCode: boolean): Promise<number> {
  const migration = await latestMigration(services.database);
  if (!migration) {
    console.error('There was no migration yet.');
    return FAILED;
  }
  const found = await readReport(services.database, migration);
  console.log(json ? JSON.stringify(found, null, 2) : renderReport(found));
  return asExitCode && hasSetAside(found) ? SET_ASIDE : DONE;
}

function readPlan(file: string | undefined): PlanFile {
  if (file === undefined) return MOVE_ALL;
  try {
    return readPlanFile(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof YamlError) throw error;
    throw new YamlError([`${file} cannot be read: ${(error as Error).message}`]);
  }
}

async function withSource<Result>(
  uri: string,
  mappings: Mappings,
  work: (source: V2Source) => Promise<Result>,
): Promise<Result> {
  const workDirectory = mkdtempSync(join(tmpdir(), 'pulp-gateway-source-'));
  try {
    const source = await openSource(uri, { workDirectory, wanted: wantedCollections(mappings) });
    return await work(source).finally(() => source.close());
  } finally {
    rmSync(workDirectory, { recursive: true, force: true });
  }
}

/** Starts what is not running, and stops it again. The first stop signal ends the work at a safe point. */
async function withApp(work: (app: App, mappings: Mappings, signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  const installation = await openInstallation(loadSettings(), 'share', POOL_SIZE);
  try {
    const { app, mappings } = installation.context;
    return await work(app, mappings, controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    console.error('Stopped. A new run goes on where this one ended.');
    return FAILED;
  } finally {
    await installation.close();
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  }
}
