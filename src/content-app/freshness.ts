import type { Queryable } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';

/**
 * Gives a text that differs from earlier ones if anything changed that decides what is served. It is read from the
 * database after the call, so that whatever was committed before a request came is seen by it, in any process; one
 * statement answers all requests that came while the one before was under way. (A notification would come too late: it
 * may arrive after the client of a change has been answered and has asked again.)
 */
export function createFreshness(database: Queryable): () => Promise<string> {
  let running: Promise<string> | null = null;
  let next: Promise<string> | null = null;

  function start(): Promise<string> {
    const check = readMark(database).finally(() => {
      if (running === check) running = null;
    });
    running = check;
    return check;
  }

  return () => {
    if (!running) return start();
    const startNext = () => {
      next = null;
      return start();
    };
    next ??= running.then(startNext, startNext);
    return next;
  };
}

/** A sum of hashes: rows come in any order of commits, and old ones are cleared away. */
async function readMark(database: Queryable): Promise<string> {
  const { mark } = await database.one<{ mark: string }>(
    sql`select coalesce(sum(hashint8extended(id, 0)), 0)::text as mark from content_change`,
  );
  return mark;
}
