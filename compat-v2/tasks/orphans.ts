import type { Json, TaskDefinition } from '../../src/core/task/types.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import type { V2Call } from '../call-report.ts';
import { invalidValue, missingResource } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { deleteOrphans } from '../store/orphans.ts';
import { isUuid } from '../store/units.ts';
import { actionTag } from '../tags.ts';
import { isObject } from '../wire/body.ts';
import { type V2Deps, v2Of, v2Task } from './v2-task.ts';

const MANAGER = 'pulp.server.managers.content.orphan';
const ALL = `${MANAGER}.delete_all_orphans`;
const BY_TYPE = `${MANAGER}.delete_orphans_by_type`;
const BY_ID = `${MANAGER}.delete_orphans_by_id`;

const ORPHANS = 'pulp:content_unit:orphans';

type TypeArgs = JsonObject & { content_type_id: string };
type IdArgs = JsonObject & { content_unit_list: Json; bulk: boolean };

const idTags = ({ bulk }: IdArgs) => (bulk ? [actionTag('delete_orphans'), ORPHANS] : [ORPHANS]);

export const deleteAllCall = (): V2Call => call(ALL, [ORPHANS], {});

export const deleteTypeCall = (type: string): V2Call => call(BY_TYPE, [ORPHANS], { content_type_id: type });

/** `bulk`: asked for by the old action, which had a tag of its own. */
export function deleteUnitsCall(units: Json, bulk: boolean): V2Call {
  const args: IdArgs = { content_unit_list: units, bulk };
  return call(BY_ID, idTags(args), args);
}

/** Orphans are nobody's: nothing is reserved (v2-api.md 2.4). */
function call(taskType: string, tags: readonly string[], args: JsonObject): V2Call {
  return { taskType, tags, args, exclusive: [], shared: [] };
}

export function orphanTasks(deps: V2Deps): TaskDefinition[] {
  return [
    v2Task(
      ALL,
      () => [ORPHANS],
      async ({ job }) => {
        const { mappings } = v2Of(deps, job);
        const removed = await deleteOrphans(job.services, sql`true`, job.signal);
        const named = [...removed].map(([type, count]) => [mappings.byContent(type)?.unit.v2_type ?? type, count]);
        return Object.fromEntries(named) as JsonObject;
      },
    ),
    v2Task<TypeArgs>(
      BY_TYPE,
      () => [ORPHANS],
      async ({ job }, { content_type_id }) => {
        const type = v2Of(deps, job).mappings.byUnit(content_type_id)?.unit.v3_type;
        const removed = await deleteOrphans(job.services, sql`content.type = ${type ?? ''}`, job.signal);
        return [...removed.values()].reduce((sum, count) => sum + count, 0);
      },
    ),
    v2Task<IdArgs>(BY_ID, idTags, async ({ job }, { content_unit_list: list }) => {
      for (const [type, ids] of byType(v2Of(deps, job), list)) {
        await deleteOrphans(
          job.services,
          sql`content.type = ${type} and content.id = any (${ids}::uuid[])`,
          job.signal,
        );
      }
      return null;
    }),
  ];
}

/** Ids by content type. Entries that are none, or of an unknown type, end the task; units that are no orphans are left alone. */
function byType({ mappings }: V2App, list: Json): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const entry of Array.isArray(list) ? list : []) {
    const { content_type_id: type, unit_id: id } = isObject(entry) ? entry : {};
    if (typeof type !== 'string' || typeof id !== 'string') throw invalidValue(['content_type_id', 'unit_id']);
    const contentType = mappings.byUnit(type)?.unit.v3_type;
    if (!contentType) throw missingResource({ content_type_id: type });
    if (isUuid(id)) result.set(contentType, [...(result.get(contentType) ?? []), id]);
  }
  return result;
}
