import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { notFound } from '../errors.ts';
import type { PublisherRow } from './types.ts';

/** Throws a 404 when it is gone. */
export async function getPublisher(database: Queryable, id: string): Promise<PublisherRow> {
  const publisher = await database.find<PublisherRow>(sql`select * from publisher where id = ${id}`);
  if (!publisher) throw notFound('Publisher');
  return publisher;
}
