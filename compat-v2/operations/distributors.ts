import { queueReport } from '../call-report.ts';
import { missingValue } from '../errors.ts';
import { accepted, created, ok, operations, type Reply, V2_ROOT, type V2Request } from '../operation.ts';
import { presentDistributor } from '../present/distributor.ts';
import { addDistributor } from '../store/add-distributor.ts';
import { type Distributor, getDistributor, listDistributors, missingDistributor } from '../store/distributors.ts';
import { findRepositoryView, getRepositoryView } from '../store/repositories.ts';
import { distributorDeleteCall, distributorUpdateCall } from '../tasks/distributor-tasks.ts';

export const DISTRIBUTOR_OPERATIONS = operations('distribution', [
  ['GET', 'repositories/:repository/distributors/', 'READ', 'none', list],
  ['POST', 'repositories/:repository/distributors/', 'CREATE', 'object', add],
  ['GET', 'repositories/:repository/distributors/:distributor/', 'READ', 'none', get],
  ['PUT', 'repositories/:repository/distributors/:distributor/', 'UPDATE', 'object', update],
  ['DELETE', 'repositories/:repository/distributors/:distributor/', 'DELETE', 'none', remove],
]);

async function list(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const view = await getRepositoryView(database, request.params.repository ?? '');
  const all = await listDistributors(request, database, view);
  return ok(all.map((distributor) => presentDistributor(distributor, V2_ROOT)));
}

async function add(request: V2Request): Promise<Reply> {
  const { app, body, params } = request;
  if (body.distributor_type_id === undefined || body.distributor_type_id === null) {
    throw missingValue(['distributor_type_id']);
  }
  const distributor = await app.services.database.transaction(async (tx) => {
    const view = await getRepositoryView(tx, params.repository ?? '');
    const id = await addDistributor(request, tx, view, body);
    return getDistributor(request, tx, view, id);
  });
  return created(presentDistributor(distributor, V2_ROOT));
}

async function get(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const view = await getRepositoryView(database, request.params.repository ?? '');
  const distributor = await getDistributor(request, database, view, request.params.distributor ?? '');
  return ok(presentDistributor(distributor, V2_ROOT));
}

async function update(request: V2Request): Promise<Reply> {
  const { repository, id } = await namedDistributor(request);
  const { distributor_config: config = null, delta = null } = request.body;
  return accepted(await queueReport(request, distributorUpdateCall(request, repository, id, { config, delta })));
}

async function remove(request: V2Request): Promise<Reply> {
  const { repository, id } = await namedDistributor(request);
  return accepted(await queueReport(request, distributorDeleteCall(request, repository, id)));
}

/** The distributor in the path. 404 `{repo_id, distributor_id}`, also for a missing repository (v2-api.md 1.8). */
export async function namedDistributor(request: V2Request): Promise<Distributor> {
  const { database } = request.app.services;
  const { repository = '', distributor = '' } = request.params;
  const view = await findRepositoryView(database, repository);
  if (!view) throw missingDistributor(repository, distributor);
  return getDistributor(request, database, view, distributor);
}
