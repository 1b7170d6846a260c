import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { newVersion } from '../repository/new-version.ts';
import { getRepository } from '../repository/reader.ts';
import { deleteVersion } from '../repository/retention.ts';
import type { RepositoryVersionRow } from '../repository/types.ts';
import type { TaskDefinition } from '../task/types.ts';
import type { TypeHooks } from './hooks.ts';

export const ADD_AND_REMOVE = 'pulpcore.app.tasks.repository.add_and_remove';
export const DELETE_VERSION = 'pulpcore.app.tasks.repository.delete_version';

export interface AddAndRemove {
  repository: string;
  add: string[];
  /** Ids, or "*" for everything. */
  remove: string[] | '*';
  base_version: string | null;
  overwrite: boolean;
}

/** Tasks that make and delete versions by hand. */
export function versionTasks(hooks: TypeHooks): TaskDefinition[] {
  return [
    {
      name: ADD_AND_REMOVE,
      async run(job, args) {
        const change = args as unknown as AddAndRemove;
        const { services } = job;
        if (change.add.length === 0 && change.remove.length === 0 && change.base_version === null) return null;
        const repository = await getRepository(services.database, change.repository);
        const version = await services.database.transaction(async (tx) =>
          newVersion(tx, repository.id, {
            add: sql`select unnest(${change.add}::uuid[])`,
            remove: sql`select unnest(${change.remove === '*' ? [] : change.remove}::uuid[])`,
            replaceAll: change.remove === '*',
            baseVersion: change.base_version === null ? null : await versionById(tx, change.base_version),
            overwrite: change.overwrite,
            keys: hooks.repositoryKeys(repository.type),
          }),
        );
        if (!version) return null;
        job.created(services.models.prn('version', null, version.id));
        await hooks.afterNewVersion(job, repository.type, version);
        return { repository_version: version.id };
      },
    },
    {
      name: DELETE_VERSION,
      async run(job, args) {
        await job.services.database.transaction(async (tx) =>
          deleteVersion(tx, await versionById(tx, `${args.version}`)),
        );
        return null;
      },
    },
  ];
}

function versionById(database: Queryable, id: string): Promise<RepositoryVersionRow> {
  return database.one<RepositoryVersionRow>(sql`select * from repository_version where id = ${id}`);
}
