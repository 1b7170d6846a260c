import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { RepositoryRow } from '../repository/types.ts';
import type { Job, TaskRow } from '../task/types.ts';
import type { PublisherRow } from './types.ts';

/** Publishers that want to publish after every sync of their repository, oldest first. */
export function autopublishers(database: Queryable, repositoryId: string): Promise<PublisherRow[]> {
  return database.query<PublisherRow>(sql`
    select * from publisher where repository_id = ${repositoryId} and autopublish order by created, id`);
}

/**
 * Queues one child task per publisher that wants to publish after a sync. `publishTask` is the repository type's; each
 * publishes the version that is the latest when it runs.
 */
export async function dispatchAutopublish(
  job: Job,
  repository: RepositoryRow,
  publishTask: string,
): Promise<TaskRow[]> {
  const { database, models } = job.services;
  const children: TaskRow[] = [];
  for (const publisher of await autopublishers(database, repository.id)) {
    const child = await job.dispatch({
      name: publishTask,
      args: { repository: repository.id, publisher: publisher.id },
      exclusive: [],
      shared: [models.prn('repository', repository.type, repository.id)],
      immediate: false,
    });
    children.push(child);
  }
  return children;
}
