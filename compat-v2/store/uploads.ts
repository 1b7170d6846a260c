import type { Queryable } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { isUuid } from './units.ts';

export async function hasUpload(database: Queryable, id: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  return (await database.find(sql`select id from upload where id = ${id}`)) !== null;
}

/** Ids of all uploads, in the order of their making. */
export async function uploadIds(database: Queryable): Promise<string[]> {
  const rows = await database.query<{ id: string }>(sql`select id from upload order by created, id`);
  return rows.map(({ id }) => id);
}

export async function createUpload(database: Queryable, accountId: number | null): Promise<string> {
  const { id } = await database.one<{ id: string }>(
    sql`insert into upload (created_by) values (${accountId}) returning id`,
  );
  return id;
}

/** Remembers a piece that was written; pieces may come again. False: the upload is gone. */
export async function recordChunk(database: Queryable, id: string, offset: number, size: number): Promise<boolean> {
  const written = await database.execute(sql`
    insert into upload_chunk (upload_id, chunk_offset, size) select id, ${offset}, ${size} from upload where id = ${id}
    on conflict (upload_id, chunk_offset) do update set size = excluded.size`);
  return written > 0;
}

export async function deleteUpload(database: Queryable, id: string): Promise<void> {
  await database.execute(sql`delete from upload where id = ${id}`);
}
