import type { Transaction } from '../../platform/postgres/database.ts';
import { insertRow, updateRow } from '../../platform/postgres/rows.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import { invalidField, notFound, PulpError } from '../errors.ts';
import type { Models } from '../models.ts';
import type { AcsRow } from './types.ts';

export type AcsFields = Partial<Pick<AcsRow, 'type' | 'name' | 'remote_id'>> & { paths?: readonly string[] };

/** The source of a remote without paths is the remote's URL itself. */
const URL_ITSELF = [''];

/** 400 when the name is taken. */
export async function createAcs(tx: Transaction, { paths = URL_ITSELF, ...columns }: AcsFields): Promise<AcsRow> {
  const acs = await insertRow<AcsRow>(tx, 'alternate_content_source', columns, 'name');
  if (!acs) throw invalidField('name', 'This field must be unique.');
  await setPaths(tx, acs.id, paths);
  return acs;
}

/** Changes the given columns; what is held for paths that go, or of another remote, goes too. 404 when it is gone. */
export async function updateAcs(tx: Transaction, id: string, { paths, ...columns }: AcsFields): Promise<void> {
  const before = await tx.find<AcsRow>(sql`select * from alternate_content_source where id = ${id} for update`);
  if (!before) throw notFound('AlternateContentSource');
  if (paths) await setPaths(tx, id, paths);
  if (columns.remote_id !== undefined) await deleteHiddenRepositories(tx, sql`source_id = ${id}`);
  await updateRow(tx, 'alternate_content_source', id, columns);
  await demoteUnheld(tx, before.remote_id);
}

/** Takes back what a source that is about to be deleted has brought. Returns the number of hidden repositories. */
export async function releaseAcs(tx: Transaction, id: string): Promise<number> {
  const acs = await tx.find<AcsRow>(sql`select * from alternate_content_source where id = ${id} for update`);
  if (!acs) return 0;
  const repositories = await deleteHiddenRepositories(tx, sql`source_id = ${id}`);
  await demoteUnheld(tx, acs.remote_id);
  return repositories;
}

/** A remote cannot go before the sources that it is the remote of; the text is that of Pulp 3. */
export async function assertNoAcsUses(tx: Transaction, models: Models, remoteId: string): Promise<void> {
  const used = await tx.find<{ acs_type: string; remote_type: string }>(sql`
    select acs.type as acs_type, remote.type as remote_type
    from alternate_content_source acs join remote on remote.id = acs.remote_id where remote.id = ${remoteId} limit 1`);
  if (!used) return;
  const { name: remote } = models.get('remote', used.remote_type);
  const { name: acs } = models.get('acs', used.acs_type);
  throw new PulpError(
    'task',
    `Cannot delete some instances of model '${remote}' because they are referenced through protected foreign keys: '${acs}.remote'.`,
  );
}

async function setPaths(tx: Transaction, id: string, paths: readonly string[]): Promise<void> {
  const gone = sql`source_id = ${id} and path <> all (${paths}::text[])`;
  await deleteHiddenRepositories(tx, gone);
  await tx.execute(sql`delete from alternate_content_path where ${gone}`);
  await tx.execute(sql`
    insert into alternate_content_path (source_id, path) select ${id}, unnest(${paths}::text[]) on conflict do nothing`);
}

function deleteHiddenRepositories(tx: Transaction, paths: Sql): Promise<number> {
  return tx.execute(sql`
    delete from repository where id in (select repository_id from alternate_content_path where ${paths})`);
}

/** What no hidden repository of a remote's alternate content sources holds any more is no longer asked for there first. */
async function demoteUnheld(tx: Transaction, remoteId: string): Promise<void> {
  await tx.execute(sql`
    with present as materialized (
      select content_id from repository_content where version_removed is null and repository_id in (
        select repository_id from alternate_content_path path join alternate_content_source acs on acs.id = source_id
        where remote_id = ${remoteId})
    ), held as materialized (
      select sha256 from remote_artifact source join content_artifact file on file.id = content_artifact_id
      where remote_id = ${remoteId} and sha256 is not null and content_id in (select content_id from present)
    )
    update remote_artifact
    set rank = case when exists (select from repository where remote_id = ${remoteId}) then 0 else 1 end
    where remote_id = ${remoteId} and rank = -1 and sha256 not in (select sha256 from held)`);
}
