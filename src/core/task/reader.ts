import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { notFound } from '../errors.ts';
import type { TaskRow } from './types.ts';

/** Throws a 404 when there is no such task. */
export async function getTask(database: Queryable, id: string): Promise<TaskRow> {
  const task = await database.find<TaskRow>(sql`select * from task where id = ${id}`);
  if (!task) throw notFound('Task');
  return task;
}
