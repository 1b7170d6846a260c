import type { Digests } from '../../core/content/types.ts';
import type { RemoteRow } from '../../core/remote/types.ts';
import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

/** A remote's copy of a file. */
export interface Source {
  /** The content artifact that it is a source of. */
  placeId: string;
  url: string;
  size: number | null;
  digests: Digests;
  remote: RemoteRow;
}

interface SourceRow extends Digests {
  url: string;
  size: number | null;
  remote_id: string;
}

/**
 * Where the bytes of a content artifact can be had: by rank (alternate content sources first), those first that may be
 * kept. Left out are sources that gave wrong bytes less than `cooldown` seconds ago (v3-api.md 4.5).
 */
export async function findSources(database: Queryable, placeId: string, cooldown: number): Promise<Source[]> {
  const rows = await database.query<SourceRow>(sql`
    select source.* from remote_artifact source join remote on remote.id = source.remote_id
    where content_artifact_id = ${placeId}
      and (failed_at is null or failed_at < clock_timestamp() - make_interval(secs => ${cooldown}))
    order by source.rank, remote.policy = 'streamed', source.created`);
  const ids = rows.map((row) => row.remote_id);
  const remotes = await database.query<RemoteRow>(sql`select * from remote where id = any (${ids}::uuid[])`);
  const byId = new Map(remotes.map((remote) => [remote.id, remote]));
  return rows.flatMap((row) => {
    const remote = byId.get(row.remote_id);
    return remote ? [{ placeId, url: row.url, size: row.size, digests: digestsOf(row), remote }] : [];
  });
}

/** The source gave wrong bytes: it is left alone for a while. */
export async function markFailed(database: Queryable, source: Source): Promise<void> {
  await database.execute(sql`
    update remote_artifact set failed_at = clock_timestamp()
    where content_artifact_id = ${source.placeId} and remote_id = ${source.remote.id}`);
}

/** The sha256 of the bytes when they are stored already, because another path has them too; the path gets them then. */
export async function attachStored(database: Queryable, placeId: string): Promise<string | null> {
  const row = await database.find<{ sha256: string }>(sql`
    with stored as (
      select artifact.id, artifact.sha256 from remote_artifact source join artifact on artifact.sha256 = source.sha256
      where source.content_artifact_id = ${placeId} limit 1
    ), attached as (
      update content_artifact set artifact_id = stored.id from stored where content_artifact.id = ${placeId}
        and not exists (select from remote_artifact source join remote on remote.id = source.remote_id
          where source.content_artifact_id = ${placeId} and remote.policy = 'streamed')
    )
    select sha256 from stored`);
  return row?.sha256 ?? null;
}

function digestsOf(row: SourceRow): Digests {
  const names = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
  return Object.fromEntries(names.flatMap((name) => (row[name] ? [[name, row[name]]] : [])));
}
