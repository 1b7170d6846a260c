import { randomUUID } from 'node:crypto';
import type { ScheduledRequest, ScheduleRow } from '../../src/core/task/schedule.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { parseInterval } from '../../src/platform/schedule/interval.ts';
import { missingResource } from '../errors.ts';
import { uuidRange } from '../object-id.ts';
import type { JsonObject, V2App } from '../operation.ts';
import type { RepositoryView } from './repositories.ts';

/** What a schedule of v2 belongs to: a repository's importer, or one of its distributors. */
export type ScheduleOwner = {
  /** PRN: of the repository for syncs, of the publisher for publishes. */
  readonly resource: string;
  readonly taskType: string;
};

export const SYNC_TASK = 'pulp.server.managers.repo.sync.sync';
export const PUBLISH_TASK = 'pulp.server.managers.repo.publish.publish';

export function syncOwner(v2: V2App, view: RepositoryView): ScheduleOwner {
  return { resource: v2.app.services.models.prn('repository', view.type, view.id), taskType: SYNC_TASK };
}

export function publishOwner(v2: V2App, publisher: { type: string; id: string }): ScheduleOwner {
  return { resource: v2.app.services.models.prn('publisher', publisher.type, publisher.id), taskType: PUBLISH_TASK };
}

export function listSchedules(database: Queryable, owner: ScheduleOwner): Promise<ScheduleRow[]> {
  return database.query<ScheduleRow>(sql`
    select * from schedule where resource = ${owner.resource} and task_name = ${owner.taskType} order by created, id`);
}

/** A schedule of v2 by its id alone, whatever it belongs to (v2-api.md 4.5). 404 `{schedule_id}`. */
export async function getSchedule(database: Queryable, objectId: string): Promise<ScheduleRow> {
  const range = uuidRange(objectId);
  const row = range
    ? await database.find<ScheduleRow>(sql`
        select * from schedule where id between ${range.first} and ${range.last}
          and task_name = any (${[SYNC_TASK, PUBLISH_TASK]})`)
    : null;
  if (!row) throw missingResource({ schedule_id: objectId });
  return row;
}

export async function deleteSchedules(tx: Queryable, owner: ScheduleOwner): Promise<void> {
  await tx.execute(sql`delete from schedule where resource = ${owner.resource} and task_name = ${owner.taskType}`);
}

/** What a schedule dispatches, in v2's words: the arguments of its task. */
export type ScheduledArgs = JsonObject & { repo_id: string; override_config: JsonObject };

export type ScheduleFields = {
  readonly isoInterval: string;
  readonly enabled: boolean;
  readonly failureThreshold: number | null;
  readonly args: ScheduledArgs;
};

/** Makes a schedule. `exclusive` is what its tasks hold. */
export function createSchedule(
  v2: V2App,
  tx: Queryable,
  owner: ScheduleOwner,
  exclusive: readonly string[],
  fields: ScheduleFields,
  now: Date,
): Promise<ScheduleRow> {
  const { runs } = parseInterval(fields.isoInterval);
  const { first, next } = firstRuns(fields.isoInterval, now);
  const request: ScheduledRequest = { name: owner.taskType, args: fields.args, exclusive, shared: [] };
  return tx.one<ScheduleRow>(sql`
    insert into schedule (name, task_name, arguments, resource, iso_interval, enabled, first_dispatch, next_dispatch,
      remaining_dispatches, failure_threshold)
    values (${`v2-${randomUUID()}`}, ${owner.taskType}, ${v2.app.services.secrets.seal(JSON.stringify(request))},
      ${owner.resource}, ${fields.isoInterval}, ${fields.enabled}, ${first}, ${next}, ${runs},
      ${fields.failureThreshold})
    returning *`);
}

/** Changes a schedule; a new interval moves its runs, but not how many are left (v2-api.md 4.5). */
export async function changeSchedule(v2: V2App, tx: Queryable, row: ScheduleRow, fields: ScheduleFields, now: Date) {
  const moved = fields.isoInterval !== row.iso_interval;
  const { first, next } = moved
    ? firstRuns(fields.isoInterval, now)
    : { first: row.first_dispatch, next: row.next_dispatch };
  const request: ScheduledRequest = { ...openRequest(v2, row), args: fields.args };
  return tx.one<ScheduleRow>(sql`
    update schedule set iso_interval = ${fields.isoInterval}, enabled = ${fields.enabled}, first_dispatch = ${first},
      next_dispatch = ${next}, failure_threshold = ${fields.failureThreshold},
      arguments = ${v2.app.services.secrets.seal(JSON.stringify(request))}, updated = clock_timestamp()
    where id = ${row.id} returning *`);
}

export function scheduledArgs(v2: V2App, row: ScheduleRow): ScheduledArgs {
  return openRequest(v2, row).args as ScheduledArgs;
}

function openRequest({ app }: V2App, row: ScheduleRow): ScheduledRequest {
  return JSON.parse(app.services.secrets.open(row.arguments)) as ScheduledRequest;
}

/** One whose start is past fires at once (v2-api.md 4.5). */
function firstRuns(isoInterval: string, now: Date): { first: string; next: string } {
  const start = parseInterval(isoInterval).start ?? now;
  const next = start < now ? now : start;
  return { first: start.toISOString(), next: next.toISOString() };
}
