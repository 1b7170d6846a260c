import type { ScheduledRequest } from '../../core/task/schedule.ts';
import type { Json } from '../../core/task/types.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { IntervalError, nextAfter, parseInterval } from '../../platform/schedule/interval.ts';
import { objectId } from '../object-id.ts';
import type { RunContext } from '../run-context.ts';
import type { SetAsideRows } from '../set-aside-rows.ts';
import type { V2Document } from '../sources/source.ts';
import { dateOf, integerOf, objectOf, textOf, toJson } from '../values.ts';

/** The tasks behind schedules, as the v2 API calls them; it shows migrated schedules like its own. */
const SYNC = 'pulp.server.managers.repo.sync.sync';
const PUBLISH = 'pulp.server.managers.repo.publish.publish';

type Target = {
  readonly resource: string;
  readonly exclusive: string;
  readonly request: Pick<ScheduledRequest, 'name' | 'args'>;
};

/** Moves the sync and publish schedules of these repositories. Their pickled members are never looked at. */
export async function migrateSchedules(
  context: RunContext,
  repositoryIds: readonly string[],
  setAside: SetAsideRows,
  now: Date,
): Promise<number> {
  let count = 0;
  await context.services.database.transaction(async (tx) => {
    for await (const batch of context.source.read('scheduled_calls')) {
      for (const call of batch) await migrateOne(tx, context, repositoryIds, call, setAside, now);
      count += batch.length;
    }
  });
  return count;
}

async function migrateOne(
  tx: Transaction,
  context: RunContext,
  repositoryIds: readonly string[],
  call: V2Document,
  setAside: SetAsideRows,
  now: Date,
): Promise<void> {
  const item = { kind: 'schedule', v2_id: objectId(call), detail: textOf(call.resource) ?? '' };
  const [, kind, repoId = '', actor = ''] = /^pulp:(importer|distributor):([^:]+):(.+)$/.exec(item.detail) ?? [];
  if (kind === undefined) return setAside.add({ ...item, reason: 'no_counterpart' });
  const target = await findTarget(tx, context, repositoryIds, kind, repoId, actor, overridesOf(call));
  if (!target) return setAside.add({ ...item, reason: 'repository_set_aside', repository: repoId });
  const interval = intervalOf(call);
  if (!interval) return setAside.add({ ...item, reason: 'bad_schedule', repository: repoId });
  const first = dateOf(call.first_run) ?? interval.start ?? now;
  const { resource, exclusive, request } = target;
  const sealed = context.services.secrets.seal(JSON.stringify({ ...request, exclusive: [exclusive], shared: [] }));
  await tx.execute(sql`
    insert into schedule (id, name, task_name, arguments, resource, iso_interval, enabled, first_dispatch, next_dispatch,
      last_dispatch, remaining_dispatches, dispatch_count, failure_threshold, consecutive_failures)
    values (${scheduleId(item.v2_id)}, ${`v2-${item.v2_id}`}, ${request.name}, ${sealed}, ${resource},
      ${textOf(call.iso_schedule)}, ${call.enabled !== false}, ${first}, ${nextAfter(interval, first, now)},
      ${dateOf(call.last_run_at)}, ${integerOf(call.remaining_runs)}, ${integerOf(call.total_run_count) ?? 0},
      ${integerOf(call.failure_threshold)}, ${integerOf(call.consecutive_failures) ?? 0})
    on conflict do nothing`);
}

async function findTarget(
  tx: Transaction,
  { services }: RunContext,
  repositoryIds: readonly string[],
  kind: string,
  repoId: string,
  actor: string,
  overrides: { [key: string]: Json },
): Promise<Target | null> {
  const found = await tx.find<{
    id: string;
    type: string;
    publisher_id: string | null;
    publisher_type: string | null;
  }>(sql`
    select repository.id, repository.type, publisher.id as publisher_id, publisher.type as publisher_type
    from repository
    left join v2_distributor on v2_distributor.repository_id = repository.id and v2_distributor.distributor_id = ${actor}
    left join publisher on publisher.id = v2_distributor.publisher_id
    where repository.id = any (${repositoryIds}::uuid[]) and repository.name = ${repoId}`);
  if (!found) return null;
  const exclusive = services.models.prn('repository', found.type, found.id);
  const args = { repo_id: repoId, override_config: overrides };
  if (kind === 'importer') return { resource: exclusive, exclusive, request: { name: SYNC, args } };
  if (found.publisher_id === null) return null;
  const resource = services.models.prn('publisher', found.publisher_type, found.publisher_id);
  return { resource, exclusive, request: { name: PUBLISH, args: { ...args, distributor_id: actor } } };
}

function overridesOf(call: V2Document): { [key: string]: Json } {
  const { overrides, override_config } = objectOf(call.kwargs);
  return toJson(objectOf(overrides ?? override_config)) as { [key: string]: Json };
}

function intervalOf(call: V2Document) {
  try {
    return parseInterval(textOf(call.iso_schedule) ?? '');
  } catch (error) {
    if (error instanceof IntervalError) return null;
    throw error;
  }
}

/** A UUID whose first 24 digits are the old id: v2 shows those. */
function scheduleId(v2Id: string): string {
  return `${v2Id}00000000`.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
