import { sql } from '../../src/platform/postgres/sql.ts';
import { queueReport } from '../call-report.ts';
import { accepted, created, ok, operations, queryFlag, type Reply, type V2Request } from '../operation.ts';
import { NO_PARTS, presentRepositories, type RepositoryParts } from '../present/repository.ts';
import { createWholeRepository } from '../store/create-repository.ts';
import { getRepositoryView, IN_ORDER, selectRepositories } from '../store/repositories.ts';
import { deleteCall } from '../tasks/repository-delete.ts';
import { updateRepository } from './repository-update.ts';

export const REPOSITORY_OPERATIONS = operations('repository', [
  ['GET', 'repositories/', 'READ', 'none', list],
  ['POST', 'repositories/', 'CREATE', 'object', create],
  ['GET', 'repositories/:repository/', 'READ', 'none', get],
  ['PUT', 'repositories/:repository/', 'UPDATE', 'optionalObject', updateRepository],
  ['DELETE', 'repositories/:repository/', 'DELETE', 'none', remove],
]);

async function list(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const views = await selectRepositories(database, sql`true`, IN_ORDER);
  return ok(await presentRepositories(request, database, views, { ...partsOf(request), totals: false }));
}

async function create(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const view = await database.transaction((tx) => createWholeRepository(request, tx, request.body));
  const [document] = await presentRepositories(request, database, [view], NO_PARTS);
  if (!document) throw new Error('A repository without a document.');
  return created(document);
}

async function get(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const view = await getRepositoryView(database, request.params.repository ?? '');
  const [document] = await presentRepositories(request, database, [view], partsOf(request));
  return ok(document);
}

async function remove(request: V2Request): Promise<Reply> {
  const view = await getRepositoryView(request.app.services.database, request.params.repository ?? '');
  return accepted(await queueReport(request, deleteCall(request, view)));
}

function partsOf({ query }: V2Request): RepositoryParts {
  const details = queryFlag(query, 'details');
  return {
    importers: details || queryFlag(query, 'importers'),
    distributors: details || queryFlag(query, 'distributors'),
    totals: details,
  };
}
