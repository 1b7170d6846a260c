import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { notFound } from '../errors.ts';
import type { RemoteRow } from './types.ts';

export function findRemote(database: Queryable, id: string): Promise<RemoteRow | null> {
  return database.find<RemoteRow>(sql`select * from remote where id = ${id}`);
}

/** Its secrets are sealed. Throws a 404 when it is gone. */
export async function getRemote(database: Queryable, id: string): Promise<RemoteRow> {
  const remote = await findRemote(database, id);
  if (!remote) throw notFound('Remote');
  return remote;
}
