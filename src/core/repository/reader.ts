import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { notFound } from '../errors.ts';
import type { RepositoryRow, RepositoryVersionRow } from './types.ts';

export function findRepository(database: Queryable, id: string): Promise<RepositoryRow | null> {
  return database.find<RepositoryRow>(sql`select * from repository where id = ${id}`);
}

export function findRepositoryByName(database: Queryable, name: string): Promise<RepositoryRow | null> {
  return database.find<RepositoryRow>(sql`select * from repository where name = ${name}`);
}

/** Throws a 404 when it is gone. */
export async function getRepository(database: Queryable, id: string): Promise<RepositoryRow> {
  const repository = await findRepository(database, id);
  if (!repository) throw notFound('Repository');
  return repository;
}

/** Throws a 404 when there is no such version. */
export async function getVersion(
  database: Queryable,
  repositoryId: string,
  number: number,
): Promise<RepositoryVersionRow> {
  const version = await database.find<RepositoryVersionRow>(
    sql`select * from repository_version where repository_id = ${repositoryId} and number = ${number}`,
  );
  if (!version) throw notFound('RepositoryVersion');
  return version;
}

export function findVersion(database: Queryable, id: string): Promise<RepositoryVersionRow | null> {
  return database.find<RepositoryVersionRow>(sql`select * from repository_version where id = ${id}`);
}

/** The newest version; every repository has at least one. */
export function latestVersion(database: Queryable, repositoryId: string): Promise<RepositoryVersionRow> {
  return database.one<RepositoryVersionRow>(
    sql`select * from repository_version where repository_id = ${repositoryId} order by number desc limit 1`,
  );
}

/** The newest version older than `number` that still exists, or null. */
export async function previousNumber(
  database: Queryable,
  repositoryId: string,
  number: number,
): Promise<number | null> {
  const row = await database.one<{ number: number | null }>(sql`
    select max(number) as number from repository_version
    where repository_id = ${repositoryId} and number < ${number}`);
  return row.number;
}
