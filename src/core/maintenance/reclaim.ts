import { sql } from '../../platform/postgres/sql.ts';
import type { TaskDefinition } from '../task/types.ts';

export const RECLAIM_SPACE = 'pulpcore.app.tasks.reclaim_space.reclaim_space';

/**
 * Lets go of the bytes of units that can be downloaded again and that only the given repositories have (hidden ones only
 * know where files are): the units become on-demand. Kept versions keep theirs (v3-api.md 3.12).
 */
export const reclaimSpace: TaskDefinition = {
  name: RECLAIM_SPACE,
  async run(job, args) {
    const { database, store } = job.services;
    const repositories = args.repositories as string[];
    const kept = args.keep as string[];
    const progress = await job.progress({ code: 'reclaim-space.artifact', message: 'Reclaim disk space', total: null });
    const rows = await database.transaction(async (tx) => {
      const freed = await tx.query<{ artifact_id: string }>(sql`
        with candidate as (
          select path.id, path.artifact_id from content_artifact path
          where path.artifact_id is not null
            and path.content_id in (select content_id from repository_content where repository_id = any (${repositories}::uuid[]))
            and not exists (select from repository_content other join repository on repository.id = other.repository_id
              where other.content_id = path.content_id and not repository.hidden
                and other.repository_id <> all (${repositories}::uuid[]))
            and not exists (select from repository_content rc join repository_version version
              on version.repository_id = rc.repository_id and rc.version_added <= version.number
              and (rc.version_removed is null or rc.version_removed > version.number)
              where rc.content_id = path.content_id and version.id = any (${kept}::uuid[]))
            and exists (select from remote_artifact source where source.content_artifact_id = path.id)
        ), taken as (select id, artifact_id from content_artifact where id in (select id from candidate))
        update content_artifact set artifact_id = null from taken where content_artifact.id = taken.id
        returning taken.artifact_id`);
      const ids = freed.map(({ artifact_id }) => artifact_id);
      return tx.query<{ sha256: string }>(sql`
        delete from artifact where id = any (${ids}::uuid[])
          and not exists (select from content_artifact used where used.artifact_id = artifact.id)
          and not exists (select from published_metadata used where used.artifact_id = artifact.id) returning sha256`);
    });
    for (const { sha256 } of rows) await store.remove(sha256);
    progress.setTotal(rows.length);
    progress.add(rows.length);
    await progress.complete();
    return null;
  },
};
