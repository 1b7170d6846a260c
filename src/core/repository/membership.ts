import { type Sql, sql } from '../../platform/postgres/sql.ts';

/** A condition on repository_content `rc`: the unit is in version `number` of its repository. */
export function presentAt(number: number | Sql): Sql {
  return sql`rc.version_added <= ${number} and (rc.version_removed is null or rc.version_removed > ${number})`;
}

/** `select content_id` of a version. */
export function contentOfVersion(repositoryId: string, number: number): Sql {
  return sql`select rc.content_id from repository_content rc
    where rc.repository_id = ${repositoryId} and ${presentAt(number)}`;
}

/** `select content_id` of what a version has and the one before it (null: nothing) has not. */
export function contentAdded(repositoryId: string, number: number, previous: number | null): Sql {
  if (previous === null) return contentOfVersion(repositoryId, number);
  return sql`select rc.content_id from repository_content rc
    where rc.repository_id = ${repositoryId} and rc.version_added > ${previous} and ${presentAt(number)}
      and not exists (${sameUnitAt(repositoryId, previous)})`;
}

/** `select content_id` of what the version before had and this one has not. */
export function contentRemoved(repositoryId: string, number: number, previous: number | null): Sql {
  if (previous === null) return sql`select content_id from repository_content where false`;
  return sql`select rc.content_id from repository_content rc
    where rc.repository_id = ${repositoryId} and rc.version_removed > ${previous} and ${presentAt(previous)}
      and not exists (${sameUnitAt(repositoryId, number)})`;
}

function sameUnitAt(repositoryId: string, number: number): Sql {
  return sql`select from repository_content other
    where other.repository_id = ${repositoryId} and other.content_id = rc.content_id
      and other.version_added <= ${number} and (other.version_removed is null or other.version_removed > ${number})`;
}
