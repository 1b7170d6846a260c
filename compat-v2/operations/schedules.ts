import type { Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { created, href, type OperationRow, ok, operations, type Reply, type V2Request } from '../operation.ts';
import { presentSchedule, type ScheduleWords } from '../present/schedule.ts';
import { prepareToPublish } from '../store/distributor-writes.ts';
import {
  changeSchedule,
  createSchedule,
  getSchedule,
  listSchedules,
  publishOwner,
  type ScheduledArgs,
  type ScheduleOwner,
  scheduledArgs,
  syncOwner,
} from '../store/schedules.ts';
import { repositoryPrn } from '../tasks/reservation.ts';
import { namedDistributor } from './distributors.ts';
import { namedImporter } from './importers.ts';
import { checkChange, checkNew } from './schedule-fields.ts';

const SYNC = 'repositories/:repository/importers/:importer/schedules/sync/';
const PUBLISH = 'repositories/:repository/distributors/:distributor/schedules/publish/';

export const SCHEDULE_OPERATIONS = operations('schedule', [
  ...fiveOf(SYNC, importerOf),
  ...fiveOf(PUBLISH, distributorOf),
]);

/** What a schedule is, or will be, of: found by the path. */
type Parent = ScheduleWords & {
  readonly base: string;
  readonly args: readonly string[];
  readonly taskArgs: Omit<ScheduledArgs, 'override_config'>;
  readonly exclusive: string;
  /** Null when it cannot have schedules yet. */
  readonly owner: ScheduleOwner | null;
  /** The owner, made ready to have schedules. */
  adopt(tx: Transaction): Promise<ScheduleOwner>;
};

type FindParent = (request: V2Request) => Promise<Parent>;

function fiveOf(path: string, find: FindParent): OperationRow[] {
  return [
    ['GET', path, 'READ', 'none', (request) => list(request, find)],
    ['POST', path, 'CREATE', 'object', (request) => create(request, find)],
    ['GET', `${path}:schedule/`, 'READ', 'none', (request) => get(request, find)],
    ['PUT', `${path}:schedule/`, 'UPDATE', 'optionalObject', (request) => update(request, find)],
    ['DELETE', `${path}:schedule/`, 'DELETE', 'none', (request) => remove(request, find)],
  ];
}

async function list(request: V2Request, find: FindParent): Promise<Reply> {
  const parent = await find(request);
  const rows = parent.owner ? await listSchedules(request.app.services.database, parent.owner) : [];
  return ok(rows.map((row) => presentSchedule(request, row, parent, parent.base)));
}

/** Keys are checked before the parent, values after it (v2-api.md 4.5). */
async function create(request: V2Request, find: FindParent): Promise<Reply> {
  const check = checkNew(request.body);
  const parent = await find(request);
  const { override_config, ...fields } = check();
  const row = await request.app.services.database.transaction(async (tx) => {
    const args = { ...parent.taskArgs, override_config } as ScheduledArgs;
    return createSchedule(request, tx, await parent.adopt(tx), [parent.exclusive], { ...fields, args }, new Date());
  });
  return created(presentSchedule(request, row, parent, parent.base));
}

async function get(request: V2Request, find: FindParent): Promise<Reply> {
  const parent = await find(request);
  const row = await getSchedule(request.app.services.database, request.params.schedule ?? '');
  return ok(presentSchedule(request, row, parent, parent.base));
}

async function update(request: V2Request, find: FindParent): Promise<Reply> {
  const check = checkChange(request.body);
  const parent = await find(request);
  const { database } = request.app.services;
  const row = await getSchedule(database, request.params.schedule ?? '');
  const { override_config, ...fields } = check(row);
  const args = scheduledArgs(request, row);
  const changed = override_config === null ? args : { ...args, override_config };
  const after = await changeSchedule(request, database, row, { ...fields, args: changed }, new Date());
  return ok(presentSchedule(request, after, parent, parent.base));
}

async function remove(request: V2Request, find: FindParent): Promise<Reply> {
  await find(request);
  const { database } = request.app.services;
  const row = await getSchedule(database, request.params.schedule ?? '');
  await database.execute(sql`delete from schedule where id = ${row.id}`);
  return ok(null);
}

async function importerOf(request: V2Request): Promise<Parent> {
  const { repository, typeId } = await namedImporter(request);
  const owner = syncOwner(request, repository);
  return {
    base: href('repositories', repository.name, 'importers', typeId, 'schedules', 'sync'),
    task: 'pulp.server.tasks.repository.sync_with_auto_publish',
    args: [repository.name],
    resource: `pulp:importer:${repository.name}:${typeId}`,
    taskArgs: { repo_id: repository.name },
    exclusive: repositoryPrn(request, repository),
    owner,
    adopt: async () => owner,
  };
}

async function distributorOf(request: V2Request): Promise<Parent> {
  const distributor = await namedDistributor(request);
  const { repository, id, publisher } = distributor;
  return {
    base: href('repositories', repository.name, 'distributors', id, 'schedules', 'publish'),
    task: 'pulp.server.controllers.repository.queue_publish',
    args: [repository.name, id],
    resource: `pulp:distributor:${repository.name}:${id}`,
    taskArgs: { repo_id: repository.name, distributor_id: id },
    exclusive: repositoryPrn(request, repository),
    owner: publisher && publishOwner(request, publisher),
    async adopt(tx) {
      const { publisher: own } = await prepareToPublish(tx, distributor);
      if (!own) throw new Error('A distributor without a publisher.');
      return publishOwner(request, own);
    },
  };
}
