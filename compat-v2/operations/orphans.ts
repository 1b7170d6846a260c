import type { Json } from '../../src/core/task/types.ts';
import { queueReport } from '../call-report.ts';
import { missingResource } from '../errors.ts';
import { accepted, href, ok, operations, type Reply, type V2Request } from '../operation.ts';
import { type UnitType, unitKey } from '../present/unit.ts';
import { search } from '../search/run.ts';
import { countOrphans, isOrphan, type OrphanRow, orphanQuery } from '../store/orphans.ts';
import { allUnitTypes } from '../store/unit-types.ts';
import { deleteAllCall, deleteTypeCall, deleteUnitsCall } from '../tasks/orphans.ts';
import { listReply } from './list-reply.ts';

/** Units in no repository (v2-api.md 4.6). */
export const ORPHAN_OPERATIONS = operations('content', [
  ['GET', 'content/orphans/', 'READ', 'none', summarise],
  ['DELETE', 'content/orphans/', 'DELETE', 'none', deleteAll],
  ['GET', 'content/orphans/:type/', 'READ', 'none', listOrphans],
  ['DELETE', 'content/orphans/:type/', 'DELETE', 'none', deleteOfType],
  ['GET', 'content/orphans/:type/:unit/', 'READ', 'none', getOrphan],
  ['DELETE', 'content/orphans/:type/:unit/', 'DELETE', 'none', deleteOne],
  ['POST', 'content/actions/delete_orphans/', 'DELETE', 'optionalJson', deleteListed],
]);

/** Every type is named, also those without an orphan. */
async function summarise(request: V2Request): Promise<Reply> {
  const counts = await countOrphans(request.app.services.database);
  const types = allUnitTypes(request).map(({ unit }) => {
    const count = counts.get(unit.v3_type) ?? 0;
    return [unit.v2_type, { count, _href: href('content', 'orphans', unit.v2_type) }];
  });
  return ok(Object.fromEntries(types));
}

async function deleteAll(request: V2Request): Promise<Reply> {
  return accepted(await queueReport(request, deleteAllCall()));
}

async function listOrphans(request: V2Request): Promise<Reply> {
  const type = typeOf(request);
  const { v2_type, v3_type } = type.unit;
  const found = await search<OrphanRow, object>(request.app.services.database, orphanQuery(v3_type), (rows) =>
    rows.map(({ id, attributes }) => ({
      _id: id,
      _content_type_id: v2_type,
      ...unitKey(type, attributes),
      _href: href('content', 'orphans', v2_type, id),
    })),
  );
  return listReply(found);
}

async function deleteOfType(request: V2Request): Promise<Reply> {
  const { unit } = typeOf(request);
  return accepted(await queueReport(request, deleteTypeCall(unit.v2_type)));
}

async function getOrphan(request: V2Request): Promise<Reply> {
  const { id } = await orphanOf(request);
  return ok({ _id: id, _href: request.target });
}

async function deleteOne(request: V2Request): Promise<Reply> {
  const { type, id } = await orphanOf(request);
  return accepted(await queueReport(request, deleteUnitsCall([{ content_type_id: type, unit_id: id }], false)));
}

/** The list is looked at by the task. */
async function deleteListed(request: V2Request): Promise<Reply> {
  const list: Json = request.json ?? [];
  return accepted(await queueReport(request, deleteUnitsCall(list, true)));
}

function typeOf({ mappings, params }: V2Request): UnitType {
  const { type = '' } = params;
  const found = mappings.byUnit(type);
  if (!found) throw missingResource({ content_type_id: type });
  return found;
}

async function orphanOf({ app, mappings, params }: V2Request): Promise<{ type: string; id: string }> {
  const { type = '', unit: id = '' } = params;
  const contentType = mappings.byUnit(type)?.unit.v3_type;
  const found = contentType !== undefined && (await isOrphan(app.services.database, contentType, id));
  if (!found) throw missingResource({ content_unit: id, content_type: type });
  return { type, id };
}
