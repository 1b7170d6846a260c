import type { Json, TaskDefinition } from '../../src/core/task/types.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import type { V2Call } from '../call-report.ts';
import { mergeConfig } from '../config.ts';
import { dataError, invalidValue } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { checkDistributorConfig } from '../plugins/check.ts';
import { presentDistributor } from '../present/distributor.ts';
import { changeDistributor, removeDistributor } from '../store/distributor-writes.ts';
import { type Distributor, getDistributor, missingDistributor } from '../store/distributors.ts';
import { findRepositoryView, type RepositoryView } from '../store/repositories.ts';
import { actionTag, distributorTag, repositoryTag } from '../tags.ts';
import { isObject } from '../wire/body.ts';
import { repositoryPrn } from './reservation.ts';
import { type V2Deps, v2Of, v2Task } from './v2-task.ts';

const UPDATE = 'pulp.server.tasks.repository.distributor_update';
const DELETE = 'pulp.server.tasks.repository.distributor_delete';

type Args = JsonObject & { repo_id: string; distributor_id: string; config: Json; delta: Json };

/** What a client wants changed; checked when the task runs. */
export type DistributorUpdate = { readonly config: Json; readonly delta: Json };

function tagsFor(action: string) {
  return (args: Args) => [repositoryTag(args.repo_id), distributorTag(args.distributor_id), actionTag(action)];
}

export function distributorUpdateCall(v2: V2App, view: RepositoryView, id: string, change: DistributorUpdate): V2Call {
  const args = { repo_id: view.name, distributor_id: id, config: change.config, delta: change.delta };
  return call(v2, view, UPDATE, tagsFor('update_distributor'), args);
}

export function distributorDeleteCall(v2: V2App, view: RepositoryView, id: string): V2Call {
  const args = { repo_id: view.name, distributor_id: id, config: null, delta: null };
  return call(v2, view, DELETE, tagsFor('remove_distributor'), args);
}

function call(v2: V2App, view: RepositoryView, taskType: string, tagsOf: (args: Args) => string[], args: Args): V2Call {
  return { taskType, tags: tagsOf(args), args, exclusive: [repositoryPrn(v2, view)], shared: [] };
}

export function distributorTasks(deps: V2Deps): TaskDefinition[] {
  return [
    v2Task<Args>(UPDATE, tagsFor('update_distributor'), ({ job }, args) => updateDistributor(v2Of(deps, job), args)),
    v2Task<Args>(DELETE, tagsFor('remove_distributor'), async ({ job }, args) => {
      const v2 = v2Of(deps, job);
      await job.services.database.transaction(async (tx) => {
        await removeDistributor(v2, tx, await requireDistributor(v2, tx, args));
      });
      return null;
    }),
  ];
}

function updateDistributor(v2: V2App, args: Args): Promise<JsonObject> {
  return v2.app.services.database.transaction(async (tx) => {
    const distributor = await requireDistributor(v2, tx, args);
    const changes = args.config ?? {};
    if (!isObject(changes)) throw dataError('The distributor configuration must be an object.');
    const config = mergeConfig(distributor.config, changes);
    const autoPublish = wantedAutoPublish(args.delta) ?? distributor.autoPublish;
    checkDistributorConfig(v2, distributor.mapping, config);
    await changeDistributor(v2, tx, distributor, { config, autoPublish });
    return presentDistributor(await requireDistributor(v2, tx, args), '/v2/');
  });
}

function wantedAutoPublish(delta: Json): boolean | null {
  const wanted = isObject(delta) ? (delta.auto_publish ?? null) : null;
  if (wanted !== null && typeof wanted !== 'boolean') throw invalidValue(['auto_publish']);
  return wanted;
}

async function requireDistributor(v2: V2App, database: Queryable, args: Args): Promise<Distributor> {
  const view = await findRepositoryView(database, args.repo_id);
  if (!view) throw missingDistributor(args.repo_id, args.distributor_id);
  return getDistributor(v2, database, view, args.distributor_id);
}
