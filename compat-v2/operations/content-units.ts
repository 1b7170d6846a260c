import { sql } from '../../src/platform/postgres/sql.ts';
import { ok, operations, type Reply, type V2Request } from '../operation.ts';
import { listedUnit, singleUnit, type UnitRow, type UnitType } from '../present/unit.ts';
import { unitQuery } from '../search/collections/unit-query.ts';
import { type Criteria, EVERYTHING } from '../search/criteria.ts';
import { search } from '../search/run.ts';
import { findUnit, saveUserMetadata } from '../store/units.ts';
import { listReply } from './list-reply.ts';
import { requestCriteria, requestOption } from './search.ts';

/** Units of one type, in whatever repository (v2-api.md 4.6). */
export const CONTENT_UNIT_OPERATIONS = operations('content', [
  ['GET', 'content/units/:type/', 'READ', 'none', listUnits],
  ['GET', 'content/units/:type/search/', 'READ', 'none', searchUnits],
  ['POST', 'content/units/:type/search/', 'READ', 'object', searchUnits],
  ['GET', 'content/units/:type/:unit/', 'READ', 'none', getUnit],
  ['GET', 'content/units/:type/:unit/pulp_user_metadata/', 'READ', 'none', getUserMetadata],
  ['PUT', 'content/units/:type/:unit/pulp_user_metadata/', 'UPDATE', 'json', putUserMetadata],
]);

const ALL: Criteria = { filter: EVERYTHING, sort: [], limit: null, skip: 0, fields: null };

async function listUnits(request: V2Request): Promise<Reply> {
  return find(request, ALL, false);
}

async function searchUnits(request: V2Request): Promise<Reply> {
  return find(request, requestCriteria(request, ['include_repos']), requestOption(request, 'include_repos') === true);
}

interface FoundUnit extends UnitRow {
  memberships: string[];
}

/** Unknown types find nothing. */
async function find(request: V2Request, criteria: Criteria, withRepositories: boolean): Promise<Reply> {
  const type = typeOf(request);
  if (!type) return ok([]);
  const statement = unitQuery(type.unit, criteria, withRepositories ? MEMBERSHIPS : sql`'{}'::text[]`);
  const found = await search<FoundUnit, object>(request.app.services.database, statement, (rows) =>
    rows.map((row) => ({
      ...(withRepositories && { repository_memberships: row.memberships }),
      ...shown(listedUnit(type, row), criteria.fields),
    })),
  );
  return listReply(found);
}

const MEMBERSHIPS = sql`array(
  select repository.name from repository_content rc join repository on repository.id = rc.repository_id
  where rc.content_id = content.id and rc.version_removed is null and not repository.hidden order by repository.name)`;

function shown(document: Record<string, unknown>, fields: readonly string[] | null) {
  if (fields === null) return document;
  const names = new Set([...fields, '_id', 'id', 'children', '_href']);
  return Object.fromEntries(Object.entries(document).filter(([name]) => names.has(name)));
}

async function getUnit(request: V2Request): Promise<Reply> {
  const found = await lookUp(request);
  return found ? ok(singleUnit(found.type, found.row)) : missing(request);
}

async function getUserMetadata(request: V2Request): Promise<Reply> {
  const found = await lookUp(request);
  return found ? ok(found.row.user_metadata) : missing(request);
}

async function putUserMetadata(request: V2Request): Promise<Reply> {
  const found = await lookUp(request);
  if (!found) return missing(request);
  const metadata = request.json ?? null;
  await request.app.services.database.transaction((tx) => saveUserMetadata(tx, found.row.id, metadata));
  return ok(null);
}

function typeOf({ mappings, params }: V2Request): UnitType | undefined {
  return mappings.byUnit(params.type ?? '');
}

async function lookUp(request: V2Request): Promise<{ type: UnitType; row: UnitRow } | null> {
  const type = typeOf(request);
  const row = type && (await findUnit(request.app.services.database, type.unit.v3_type, request.params.unit ?? ''));
  return row ? { type, row } : null;
}

/** The one 404 of v2 whose body is a text (v2-api.md 4.6). */
function missing({ params }: V2Request): Reply {
  return { status: 404, body: `No content unit resource: ${params.unit}` };
}
