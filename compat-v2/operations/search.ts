import type { Json } from '../../src/core/task/types.ts';
import { isTrue } from '../config.ts';
import { type JsonObject, operations, queryFlag, type Reply, type V2Request } from '../operation.ts';
import { distributorDocuments, repositoryDocuments } from '../present/found.ts';
import { DISTRIBUTOR_FIELDS, DISTRIBUTORS, distributorQuery } from '../search/collections/distributors.ts';
import { REPOSITORIES, repositoryFields, repositoryQuery } from '../search/collections/repositories.ts';
import { type Criteria, criteriaOf, readCriteria, readQueryCriteria } from '../search/criteria.ts';
import { assertFields } from '../search/order.ts';
import { search } from '../search/run.ts';
import { listReply } from './list-reply.ts';

/** Searches of repositories and distributors (v2-api.md 3.1, 3.2). */
export const SEARCH_OPERATIONS = operations('repository', [
  ['POST', 'repositories/search/', 'READ', 'object', searchRepositories],
  ['GET', 'repositories/search/', 'READ', 'none', searchRepositories],
  ['POST', 'distributors/search/', 'READ', 'object', searchDistributors],
  ['GET', 'distributors/search/', 'READ', 'none', searchDistributors],
]);

const OPTIONS = ['details', 'importers', 'distributors'] as const;

async function searchRepositories(request: V2Request): Promise<Reply> {
  const criteria = requestCriteria(request, OPTIONS);
  const option = (name: (typeof OPTIONS)[number]) => isTrue(requestOption(request, name));
  const parts = {
    importers: option('details') || option('importers'),
    distributors: option('details') || option('distributors'),
    totals: false,
  };
  assertFields(criteria.fields, repositoryFields(request.mappings), REPOSITORIES);
  const { database } = request.app.services;
  const kept = ['_id', 'id', '_href', ...OPTIONS];
  const found = await search<{ id: string }, JsonObject>(
    database,
    repositoryQuery(request.mappings, criteria),
    async (rows) => {
      const ids = rows.map(({ id }) => id);
      const documents = await repositoryDocuments(request, database, ids, parts);
      return documents.map((document) => trim(document, criteria.fields, kept, anonymousRepository));
    },
  );
  return listReply(found);
}

async function searchDistributors(request: V2Request): Promise<Reply> {
  const criteria = requestCriteria(request, []);
  assertFields(criteria.fields, DISTRIBUTOR_FIELDS, DISTRIBUTORS);
  const { database } = request.app.services;
  const kept = ['_id', 'id', '_href', 'repo_id', 'distributor_type_id'];
  const found = await search<{ repositoryId: string; id: string }, JsonObject>(
    database,
    distributorQuery(request.mappings, criteria),
    async (rows) => {
      const documents = await distributorDocuments(request, database, rows);
      return documents.map((document) => trim(document, criteria.fields, kept, anonymousDistributor));
    },
  );
  return listReply(found);
}

/** Criteria of either form of a search. */
export function requestCriteria(request: V2Request, options: readonly string[]): Criteria {
  return request.json === undefined
    ? readQueryCriteria(request.query, options)
    : readCriteria(criteriaOf(request.body));
}

/** An option beside the criteria: a text stands for true or false, anything else for itself (v2-api.md 3.1). */
export function requestOption(request: V2Request, name: string): Json {
  if (request.json === undefined) return queryFlag(request.query, name);
  const value = request.body[name] ?? false;
  return typeof value === 'string' ? value.toLowerCase() === 'true' : value;
}

/** The requested members and those that always stay; `anonymise` is for ids that were not asked for. */
function trim(
  document: JsonObject,
  fields: readonly string[] | null,
  kept: readonly string[],
  anonymise: (document: JsonObject, fields: readonly string[]) => JsonObject,
): JsonObject {
  if (fields === null) return document;
  const names = new Set([...fields, ...kept]);
  const known = anonymise(document, fields);
  return Object.fromEntries(Object.entries(known).filter(([name]) => names.has(name)));
}

/** The original forgets ids that `fields` does not name, also in `_href` (corrections.md 3.2). */
function anonymousRepository(document: JsonObject, fields: readonly string[]): JsonObject {
  return fields.includes('id') || fields.includes('repo_id')
    ? document
    : { ...document, id: null, _href: '/pulp/api/v2/repositories/None/' };
}

function anonymousDistributor(document: JsonObject, fields: readonly string[]): JsonObject {
  const value = (name: string) => (fields.includes(name) ? (document[name] ?? null) : null);
  const [repository, id] = [value('repo_id'), value('id')];
  const _href = `/pulp/api/v2/repositories/${repository ?? 'None'}/distributors/${id ?? 'None'}/`;
  return { ...document, repo_id: repository, id, distributor_type_id: value('distributor_type_id'), _href };
}
