import { hostname } from 'node:os';
import { ok, operations, type Reply, type V2Request } from '../operation.ts';
import { v2Time } from '../present/times.ts';
import { knownWorkers } from '../present/worker-names.ts';

/** The version of Pulp 2 whose contract this is; clients choose what they do by it. */
const PLATFORM_VERSION = '2.21.5';

export const STATUS_OPERATIONS = operations('status', [['GET', 'status/', null, 'none', getStatus]]);

/** v2-api.md 4.1. Never fails: without a database no worker is known. */
async function getStatus({ app }: V2Request): Promise<Reply> {
  const { database, settings } = app.services;
  const workers = await knownWorkers(database, settings.workerTtl).catch(() => null);
  const now = new Date().toISOString();
  const host = workers?.[0]?.host ?? hostname();
  const own = ['scheduler', 'resource_manager'].map((name) => ({ name: `${name}@${host}`, seen: now }));
  const known = workers ? [...own, ...workers] : [];
  return ok({
    known_workers: known.map(({ name, seen }) => ({ _ns: 'workers', last_heartbeat: v2Time(seen), _id: name })),
    messaging_connection: { connected: workers !== null },
    database_connection: { connected: workers !== null },
    api_version: '2',
    versions: { platform_version: PLATFORM_VERSION },
  });
}
