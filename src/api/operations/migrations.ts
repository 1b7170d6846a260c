import { invalidField } from '../../core/errors.ts';
import { DEFAULT_DOMAIN_ID } from '../../core/models.ts';
import { isAllowedImportPath } from '../../core/remote/import-path.ts';
import { MIGRATE_TASK } from '../../core/task/names.ts';
import type { ScheduledRequest } from '../../core/task/schedule.ts';
import type { Json } from '../../core/task/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { IntervalError, nextAfter, parseInterval } from '../../platform/schedule/interval.ts';
import type { Api } from '../api.ts';
import type { Answer, Call, Handler } from '../call.ts';
import { createdAnswer } from '../items.ts';
import { cleanBody } from '../validate/body.ts';
import { taskAnswer } from './dispatch-task.ts';

export const MIGRATION_HANDLERS: Record<string, Handler> = {
  migration_run: runMigration,
  migration_schedule: scheduleMigration,
  migration_unschedule: unscheduleMigration,
};

/** There is one schedule of migrations: they are of one installation. */
const SCHEDULE_NAME = 'migration';

async function runMigration(call: Call): Promise<Answer> {
  const { values } = await cleanBody(call, null);
  const { name, args, exclusive } = requestOf(call, values);
  return taskAnswer(call, { name, args, exclusive });
}

/** 400 for folders that this server may not import from: the API must not become a way to read any file there is. */
function requestOf({ api }: Call, values: Record<string, unknown>): ScheduledRequest {
  const args = {
    source: importPath(api, 'source', String(values.source)),
    content_root: importPath(api, 'content_root', String(values.content_root ?? '/var/lib/pulp')),
    plan: (values.plan ?? {}) as Json,
    dry_run: values.dry_run === true,
  };
  return { name: MIGRATE_TASK, args, exclusive: [`pdrn:${DEFAULT_DOMAIN_ID}:migration`], shared: [] };
}

function importPath({ settings }: Api, field: string, path: string): string {
  if (isAllowedImportPath(path, settings.allowedImportPaths)) return path;
  throw invalidField(field, `Path '${path}' is not in a folder named by the setting PULP_ALLOWED_IMPORT_PATHS.`);
}

async function scheduleMigration(call: Call): Promise<Answer> {
  const { services, database } = call.api;
  const { values } = await cleanBody(call, null);
  const text = String(values.dispatch_interval);
  const interval = readInterval(text);
  const now = new Date();
  const first = interval.start ?? now;
  const next = first >= now ? first : nextAfter(interval, first, now);
  const sealed = services.secrets.seal(JSON.stringify(requestOf(call, values)));
  const { id } = await database.one<{ id: string }>(sql`
    insert into schedule (name, task_name, arguments, iso_interval, first_dispatch, next_dispatch, remaining_dispatches)
    values (${SCHEDULE_NAME}, ${MIGRATE_TASK}, ${sealed}, ${text}, ${first.toISOString()}, ${next.toISOString()},
      ${interval.runs})
    on conflict (name) do update set arguments = excluded.arguments, iso_interval = excluded.iso_interval,
      first_dispatch = excluded.first_dispatch, next_dispatch = excluded.next_dispatch, enabled = true,
      remaining_dispatches = excluded.remaining_dispatches, updated = clock_timestamp()
    returning id`);
  return createdAnswer(call, call.api.resourceOf('schedule', null), id);
}

function readInterval(text: string) {
  try {
    return parseInterval(text);
  } catch (error) {
    if (error instanceof IntervalError) throw invalidField('dispatch_interval', error.message);
    throw error;
  }
}

async function unscheduleMigration(call: Call): Promise<Answer> {
  await call.api.database.execute(
    sql`delete from schedule where name = ${SCHEDULE_NAME} and task_name = ${MIGRATE_TASK}`,
  );
  return { status: 204, body: null };
}
