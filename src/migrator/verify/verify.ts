import pLimit from 'p-limit';
import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { latestMigration } from '../ledger.ts';
import { withMigrationLock } from '../lock.ts';
import { resolveByContent } from '../stages/resolve-by-content.ts';
import { sortAssociations, sortWork } from '../stages/sort.ts';
import { clearWorkTables, fillWorkTables } from '../stages/work-tables.ts';
import { surveyRepositories } from '../survey.ts';
import { checkPaths } from './published-paths.ts';
import type { Verification, VerifyContext, VerifyProblem } from './types.ts';

/**
 * Proves the last migration against its source, read anew: the same membership in every repository, every file's
 * digest from its bytes, every published path. Changes nothing in the store.
 */
export async function verifyMigration(context: VerifyContext): Promise<Verification> {
  const { database } = context.services;
  return withMigrationLock(database, async () => {
    const found = await surveyRepositories(context.source, context.mappings, context.plan);
    await database.transaction(async (tx) => {
      const progress = (_stage: string, done: number) => context.progress('reading', done, null);
      await fillWorkTables(tx, { ...context, progress, files: null }, found);
      await resolveByContent(tx, found, context.mappings);
      await sortWork(tx, context.plan.orphans);
      await sortAssociations(tx);
    });
    try {
      return await check(context);
    } finally {
      await database.transaction(clearWorkTables);
    }
  });
}

async function check(context: VerifyContext): Promise<Verification> {
  const { database } = context.services;
  const counts = await checkCounts(database);
  const digests = await checkDigests(context);
  const paths = await checkPaths(context);
  const problems = [...counts.problems, ...(await checkAbsent(database)), ...digests.problems, ...paths.problems];
  return { ...counts, files: digests.files, bytes: digests.bytes, paths: paths.paths, problems };
}

/** Each repository holds what its associations say, no more and no less. */
async function checkCounts(database: Queryable) {
  const rows = await database.query<{ name: string; expected: number; missing: number; extra: number }>(sql`
    with expected as (
      select repository_id, content_id from migration_member
    ), actual as (
      select member.repository_id, member.content_id from repository_content member
      where member.version_removed is null and member.repository_id in (
        select v3_id from migrated_object where kind = 'repository')
    )
    select repository.name,
      (select count(*) from expected where repository_id = repository.id) as expected,
      (select count(*) from (select content_id from expected where repository_id = repository.id
        except select content_id from actual where repository_id = repository.id) gone) as missing,
      (select count(*) from (select content_id from actual where repository_id = repository.id
        except select content_id from expected where repository_id = repository.id) more) as extra
    from repository where exists (select from migration_association where repo_id = repository.name)
      and id in (select v3_id from migrated_object where kind = 'repository')
    order by repository.name`);
  const wrong = rows.filter(({ missing, extra }) => missing > 0 || extra > 0);
  return {
    repositories: rows.length,
    memberships: rows.reduce((sum, { expected }) => sum + expected, 0),
    problems: wrong.map(({ name, missing, extra }): VerifyProblem => {
      return { check: 'counts', text: `repository ${name}: ${missing} units are missing, ${extra} are too many` };
    }),
  };
}

/** Units that the last run neither moved nor set aside. */
async function checkAbsent(database: Queryable): Promise<VerifyProblem[]> {
  const migration = await latestMigration(database);
  const rows = await database.query<{ id: string; relative_path: string }>(sql`
    select unit.id, unit.relative_path from migration_unit unit
    where unit.content_id is null and unit.reason is null and not exists (
      select from migration_set_aside item
      where item.migration_id = ${migration?.id ?? null} and item.v2_id = unit.id and not item.moved)
    order by unit.id limit 1000`);
  return rows.map(({ id, relative_path }) => ({
    check: 'counts',
    text: `unit ${id} (${relative_path}) is not in the store`,
  }));
}

type StoredUnit = { id: string; sha256: string; size: number; relative_path: string };

const BATCH = 1000;
const CONCURRENCY = 6;

/** Reads every file of a migrated unit again. */
async function checkDigests(context: VerifyContext) {
  const { database, store } = context.services;
  const problems: VerifyProblem[] = [];
  const limit = pLimit(CONCURRENCY);
  let files = 0;
  let bytes = 0;
  const stored = sql`
    select distinct on (artifact.sha256) unit.id, artifact.sha256, artifact.size, unit.relative_path
    from migration_unit unit
    join content_artifact path on path.content_id = unit.content_id
    join artifact on artifact.id = path.artifact_id
    order by artifact.sha256`;
  for await (const batch of database.stream<StoredUnit>(stored, BATCH)) {
    context.signal.throwIfAborted();
    const results = await Promise.all(batch.map(({ sha256 }) => limit(() => store.verify(sha256))));
    for (const [index, { relative_path, size }] of batch.entries()) {
      if (results[index] !== 'intact')
        problems.push({ check: 'digests', text: `${relative_path}: its file is ${results[index]}` });
      bytes += size;
    }
    files += batch.length;
    context.progress('digests', files, null);
  }
  const wrong = await database.query<StoredUnit>(sql`
    select unit.id, artifact.sha256, artifact.size, unit.relative_path from migration_unit unit
    join content_artifact path on path.content_id = unit.content_id
    join artifact on artifact.id = path.artifact_id
    where artifact.sha256 <> unit.sha256 or artifact.size <> unit.size`);
  problems.push(
    ...wrong.map(({ relative_path }) => ({
      check: 'digests' as const,
      text: `${relative_path}: the store holds another file`,
    })),
  );
  return { files, bytes, problems };
}
