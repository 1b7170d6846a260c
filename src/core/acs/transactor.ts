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
  await markAlternates(tx, acs.remote_id, null);
  return acs;
}

/** Changes the given columns; paths that are not among the given ones go with what is held for them. 404 when it is gone. */
export async function updateAcs(tx: Transaction, id: string, { paths, ...columns }: AcsFields): Promise<void> {
  const before = await tx.find<AcsRow>(sql`select * from alternate_content_source where id = ${id} for update`);
  if (!before) throw notFound('AlternateContentSource');
  if (paths) await setPaths(tx, id, paths);
  await updateRow(tx, 'alternate_content_source', id, columns);
  await forgetUnheld(tx, before.remote_id);
  await markAlternates(tx, before.remote_id, null);
  await markAlternates(tx, columns.remote_id ?? before.remote_id, null);
}

/** Takes back what a source that is about to be deleted has brought. Returns the number of hidden repositories. */
export async function releaseAcs(tx: Transaction, id: string): Promise<number> {
  const acs = await tx.find<AcsRow>(sql`select * from alternate_content_source where id = ${id} for update`);
  if (!acs) return 0;
  const repositories = await deleteHiddenRepositories(tx, sql`source_id = ${id}`);
  await forgetUnheld(tx, acs.remote_id);
  await markAlternates(tx, acs.remote_id, id);
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

/**
 * Forgets that a remote has what no hidden repository of its alternate content sources holds any more. Kept is the only
 * place where a unit of a repository can be had, and everything when the remote is also the one of a repository.
 */
async function forgetUnheld(tx: Transaction, remoteId: string): Promise<void> {
  await tx.execute(sql`
    with held as (
      select distinct source.sha256 from alternate_content_source acs
      join alternate_content_path path on path.source_id = acs.id
      join repository_content rc on rc.repository_id = path.repository_id
      join content_artifact file using (content_id)
      join remote_artifact source on source.content_artifact_id = file.id and source.remote_id = acs.remote_id
      where acs.remote_id = ${remoteId}
    )
    delete from remote_artifact unheld
    where remote_id = ${remoteId} and alternate and not exists (select from held where held.sha256 = unheld.sha256)
      and not exists (select from repository where remote_id = ${remoteId})
      and (exists (select from remote_artifact other
          where other.content_artifact_id = unheld.content_artifact_id and other.remote_id <> unheld.remote_id)
        or not exists (select from content_artifact file join repository_content rc using (content_id)
          where file.id = unheld.content_artifact_id))`);
}

/** Makes the sources of a remote alternate ones, or no longer, as there is a source (but for `except`) of that remote. */
async function markAlternates(tx: Transaction, remoteId: string, except: string | null): Promise<void> {
  await tx.execute(sql`
    update remote_artifact set alternate = wanted.alternate
    from (select exists (select from alternate_content_source
      where remote_id = ${remoteId} and id is distinct from ${except}::uuid) as alternate) wanted
    where remote_artifact.remote_id = ${remoteId} and remote_artifact.alternate <> wanted.alternate`);
}
