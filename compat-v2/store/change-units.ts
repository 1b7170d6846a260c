import { newVersion } from '../../src/core/repository/new-version.ts';
import type { Job } from '../../src/core/task/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import type { Sql } from '../../src/platform/postgres/sql.ts';
import type { V2App } from '../operation.ts';
import type { RepositoryView } from './repositories.ts';

/** Selects of content ids, and what the task gives. */
export interface UnitChange<Result> {
  add: Sql;
  remove: Sql;
  result: Result;
}

/**
 * Changes the units of a repository inside a task: `prepare` and the new version are one transaction. What the
 * repository wants done with new versions follows, as for changes through v3.
 */
export async function changeUnits<Result>(
  { app }: V2App,
  job: Job,
  repository: Pick<RepositoryView, 'id' | 'type'>,
  prepare: (tx: Transaction) => Promise<UnitChange<Result>>,
): Promise<Result> {
  const { database, models } = job.services;
  const keys = app.registry.repositoryKeys(repository.type);
  const { version, result } = await database.transaction(async (tx) => {
    const { add, remove, result } = await prepare(tx);
    const change = { add, remove, replaceAll: false, baseVersion: null, overwrite: true, keys };
    return { version: await newVersion(tx, repository.id, change), result };
  });
  if (!version) return result;
  job.created(models.prn('version', null, version.id));
  await app.registry.repositoryType(repository.type).afterNewVersion(job, version);
  return result;
}
