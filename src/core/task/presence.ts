import { hostname } from 'node:os';
import type pg from 'pg';
import type { Database } from '../../platform/postgres/database.ts';
import { type Listener, listen } from '../../platform/postgres/listen.ts';
import { sql } from '../../platform/postgres/sql.ts';

export type ProcessKind = 'worker' | 'api' | 'content';

export interface PresenceOptions {
  id: string;
  kind: ProcessKind;
  versions: Readonly<Record<string, string>>;
  /** Seconds after which a silent process counts as missing; it reports three times as often. */
  ttl: number;
  channels: readonly string[];
  onNotice: (channel: string, payload: string) => void;
  /** Runs whenever the process shows anew, also after a lost connection: notices were missed meanwhile. */
  onShown: () => Promise<void>;
  /** Told of lost connections and of heartbeats that did not arrive. */
  onError: (error: Error) => void;
}

/**
 * Shows that this process lives: a row with a heartbeat for people, a session advisory lock for recovery. The lock goes
 * with the process, however it dies, so that its tasks can be told from running ones.
 */
export async function announce(database: Database, options: PresenceOptions): Promise<Listener> {
  const { id, kind, versions, ttl } = options;
  const beat = () =>
    database.execute(sql`
      insert into app_status (id, kind, name, versions)
      values (${id}, ${kind}, ${`${process.pid}@${hostname()}`}, ${JSON.stringify(versions)}::jsonb)
      on conflict (id) do update set last_heartbeat = clock_timestamp(), updated = clock_timestamp()`);

  const listener = await listen(database, {
    channels: options.channels,
    onNotice: options.onNotice,
    async onConnect(client) {
      await takeLock(client, id);
      await options.onShown();
    },
    onError: options.onError,
  });
  await beat();
  const timer = setInterval(() => beat().catch(options.onError), (ttl * 1000) / 3);
  return {
    async close() {
      clearInterval(timer);
      await listener.close();
      await database.execute(sql`delete from app_status where id = ${id}`);
    },
  };
}

async function takeLock(client: pg.Client, id: string): Promise<void> {
  await client.query('select pg_advisory_lock(hashtextextended($1, 84))', [id]);
}
