import type pg from 'pg';
import type { Database } from './database.ts';
import { identifier } from './sql.ts';

export interface Listener {
  close(): Promise<void>;
}

export interface ListenOptions {
  channels: readonly string[];
  onNotice: (channel: string, payload: string) => void;
  /** Runs after every connect, also after a lost connection: what was missed meanwhile must be looked up. */
  onConnect: (client: pg.Client) => Promise<void> | void;
  onError: (error: Error) => void;
}

const RETRY_MS = 500;

/** LISTEN on a connection of its own that is made again when it is lost. */
export async function listen(database: Database, options: ListenOptions): Promise<Listener> {
  let closed = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function open(): Promise<void> {
    const next = await database.connect();
    next.on('error', (error) => lost(next, error));
    next.on('end', () => lost(next, undefined));
    next.on('notification', ({ channel, payload }) => options.onNotice(channel, payload ?? ''));
    for (const channel of options.channels) await next.query(`listen ${identifier(channel).texts[0]}`);
    client = next;
    await options.onConnect(next);
  }

  function lost(which: pg.Client, error: Error | undefined): void {
    if (error) options.onError(error);
    if (closed || client !== which) return;
    client = undefined;
    reopenLater();
  }

  function reopenLater(): void {
    retry = setTimeout(() => {
      open().catch((error: Error) => {
        options.onError(error);
        if (!closed) reopenLater();
      });
    }, RETRY_MS);
  }

  await open();
  return {
    async close() {
      closed = true;
      clearTimeout(retry);
      await client?.end();
    },
  };
}
