import type { Queryable } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';

export type KnownWorker = { readonly id: string; readonly name: string; readonly host: string; readonly seen: string };

/** The live workers under the names that v2 clients expect, numbered in the order in which they came. */
export async function knownWorkers(database: Queryable, ttlSeconds: number): Promise<KnownWorker[]> {
  const rows = await database.query<{ id: string; name: string; last_heartbeat: string }>(sql`
    select id, name, last_heartbeat from app_status
    where kind = 'worker' and last_heartbeat > clock_timestamp() - make_interval(secs => ${ttlSeconds})
    order by created, id`);
  return rows.map(({ id, name, last_heartbeat: seen }, index) => {
    const host = name.slice(name.indexOf('@') + 1);
    return { id, name: `reserved_resource_worker-${index}@${host}`, host, seen };
  });
}
