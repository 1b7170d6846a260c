import { oid } from '../object-id.ts';
import { operations, type Reply, type V2Request } from '../operation.ts';
import { v2Time } from '../present/times.ts';
import { type UnitRow, type UnitType, unitMetadata } from '../present/unit.ts';
import { ASSOCIATION_COLUMNS, assertUnitFields, associationQuery } from '../search/collections/associations.ts';
import { criteriaOf } from '../search/criteria.ts';
import { search } from '../search/run.ts';
import { readUnitCriteria, readUnitQuery, type UnitCriteria } from '../search/unit-criteria.ts';
import { searchScope } from '../store/associations.ts';
import { getRepositoryView } from '../store/repositories.ts';
import { listReply } from './list-reply.ts';

/** Units of one repository (v2-api.md 3.3). */
export const UNIT_OPERATIONS = operations('repository', [
  ['POST', 'repositories/:repository/search/units/', 'READ', 'object', searchUnits],
  ['GET', 'repositories/:repository/search/units/', 'READ', 'none', searchUnits],
]);

interface AssociationRow extends UnitRow {
  type: string;
  association_id: string;
  associated: string;
}

async function searchUnits(request: V2Request): Promise<Reply> {
  const { params, json, query, body } = request;
  const { database } = request.app.services;
  const given = json === undefined ? null : criteriaOf(body);
  const repository = await getRepositoryView(database, params.repository ?? '');
  const criteria = given ? readUnitCriteria(given) : readUnitQuery(query);
  const { searched, types } = searchScope(request, repository, criteria);
  assertUnitFields(searched, criteria);
  const statement = associationQuery(ASSOCIATION_COLUMNS, searched, criteria);
  const found = await search<AssociationRow, object>(database, statement, (rows) =>
    rows.flatMap((row) => {
      const type = types.get(row.type);
      return type ? [presentAssociation(repository.name, type, row, criteria.fields)] : [];
    }),
  );
  return listReply(found);
}

function presentAssociation(repository: string, type: UnitType, row: AssociationRow, fields: UnitCriteria['fields']) {
  const time = v2Time(row.associated);
  return {
    metadata: only(unitMetadata(type, row), fields.unit, ['_id', '_content_type_id']),
    ...only({ updated: time, repo_id: repository, created: time }, fields.association, []),
    unit_type_id: type.unit.v2_type,
    unit_id: row.id,
    _id: oid(row.association_id),
  };
}

/** Members that were asked for, and those that always stay; null: all. */
function only(document: Record<string, unknown>, fields: readonly string[] | null, always: readonly string[]) {
  if (fields === null) return document;
  const names = new Set([...fields, ...always]);
  return Object.fromEntries(Object.entries(document).filter(([name]) => names.has(name)));
}
