import type { SecretBox } from '../../platform/crypto/secret-box.ts';
import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { DEFAULT_DOMAIN_ID } from '../models.ts';
import type { DispatchRequest, TaskRow } from './types.ts';

const DOMAIN = `prn:core.domain:${DEFAULT_DOMAIN_ID}`;

/**
 * Queues a task and wakes the workers, at once or, inside a transaction, when that commits. Arguments are stored
 * encrypted and never shown. An immediate task wakes nobody: its process tries first. Every record ends with the domain,
 * shared, as in Pulp 3; nothing locks it exclusively yet.
 */
export async function dispatch(database: Queryable, secrets: SecretBox, request: DispatchRequest): Promise<TaskRow> {
  const exclusive = [...new Set(request.exclusive)];
  const shared = [...new Set(request.shared)].filter((resource) => !exclusive.includes(resource));
  const record = [...exclusive, ...shared.map((resource) => `shared:${resource}`), `shared:${DOMAIN}`];
  const resources = [...exclusive, ...shared];
  return database.one<TaskRow>(sql`
    with queued as (
      insert into task (name, arguments, immediate, logging_cid, created_by, parent_id, group_id,
        reserved_resources_record, unblocked_at)
      values (${request.name}, ${secrets.seal(JSON.stringify(request.args))}, ${request.immediate}, ${request.cid},
        ${request.createdBy}, ${request.parentId}, ${request.groupId}, ${record},
        case when ${resources.length}::int = 0 then clock_timestamp() end)
      returning *
    ), reserved as (
      insert into task_resource (task_id, resource, exclusive, seq)
      select queued.id, wanted.resource, wanted.place <= ${exclusive.length}, queued.seq
      from queued, unnest(${resources}::text[]) with ordinality wanted (resource, place)
    ), woken as (select pg_notify('pulp_worker_wakeup', '') where not ${request.immediate}::boolean)
    select queued.* from queued left join woken on true`);
}
