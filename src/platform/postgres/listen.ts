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
  /** Told when a connection is lost, not of every try to make it again. */
  onError: (error: Error) => void;
}

const RETRY_MS = 500;

/** LISTEN on a connection of its own that is made again when it is lost. */
export async function listen(database: Database, options: ListenOptions): Promise<Listener> {
  let closed = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  /** Rejects when the connection breaks before all is set up; afterwards its loss makes another one. */
  async function open(): Promise<void> {
    const next = await database.connect();
    client = next;
    let isSetUp = false;
    let isLost = false;
    next.on('error', options.onError);
    next.on('end', () => {
      isLost = true;
      if (isSetUp && !closed) reopenLater();
    });
    next.on('notification', ({ channel, payload }) => options.onNotice(channel, payload ?? ''));
    try {
      for (const channel of options.channels) await next.query(`listen ${identifier(channel).texts[0]}`);
      await options.onConnect(next);
      if (isLost || closed) throw new Error('The connection ended while it was set up.');
    } catch (error) {
      await next.end();
      throw error;
    }
    isSetUp = true;
  }

  function reopenLater(): void {
    retry = setTimeout(() => {
      open().catch(() => {
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
