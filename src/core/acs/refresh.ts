import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { getRemote } from '../remote/reader.ts';
import { createRepository } from '../repository/transactor.ts';
import type { Services } from '../services.ts';
import { dispatch } from '../task/dispatch.ts';
import type { AcsPathRow, AcsRow } from './types.ts';

export interface RefreshOptions {
  /** Of the repository type of the same name. */
  syncTask: string;
  createdBy: number | null;
  cid: string;
}

/**
 * Queues a task for every path that syncs what is there into the path's hidden repository, all in one group. Gives the
 * group's id. Pulp 3 does not say of such a group that all tasks are dispatched (golden/v3/15).
 */
export function refreshAcs(services: Services, acs: AcsRow, options: RefreshOptions): Promise<string> {
  const { models, secrets } = services;
  return services.database.transaction(async (tx) => {
    const remote = await getRemote(tx, acs.remote_id);
    const paths = await tx.query<AcsPathRow>(
      sql`select * from alternate_content_path where source_id = ${acs.id} order by path for update`,
    );
    const group = await tx.one<{ id: string }>(sql`
      insert into task_group (description)
      values (${`Refreshing ${paths.length} alternate content source paths.`}) returning id`);
    for (const path of paths) {
      const repository = path.repository_id ?? (await createHiddenRepository(tx, acs, path));
      await dispatch(tx, secrets, {
        name: options.syncTask,
        args: { repository, remote: remote.id, url: urlBelow(remote.url, path.path), mirror: false },
        exclusive: [],
        shared: [models.prn('remote', remote.type, remote.id), models.prn('acs', acs.type, acs.id)],
        immediate: false,
        createdBy: options.createdBy,
        cid: options.cid,
        parentId: null,
        groupId: group.id,
      });
    }
    await tx.execute(sql`update alternate_content_source set last_refreshed = clock_timestamp() where id = ${acs.id}`);
    return group.id;
  });
}

async function createHiddenRepository(tx: Transaction, { name, type }: AcsRow, path: AcsPathRow): Promise<string> {
  const { id } = await createRepository(tx, {
    type,
    name: `${name}--${path.id}--repository`,
    description: null,
    labels: {},
    retain_repo_versions: 1,
    retain_checkpoints: null,
    remote_id: null,
    data: {},
    hidden: true,
  });
  await tx.execute(sql`update alternate_content_path set repository_id = ${id} where id = ${path.id}`);
  return id;
}

function urlBelow(url: string, path: string): string {
  if (path === '') return url;
  return url.endsWith('/') ? url + path : `${url}/${path}`;
}
