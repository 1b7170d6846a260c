import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { invalidField } from '../errors.ts';
import type { RepositoryRow } from './types.ts';

/** What the caller decides; the rest follows from it. */
export type NewRepository = Pick<
  RepositoryRow,
  'type' | 'name' | 'description' | 'labels' | 'retain_repo_versions' | 'retain_checkpoints' | 'remote_id' | 'data'
> &
  Partial<Pick<RepositoryRow, 'hidden'>>;

/** Creates a repository with its empty version 0. 400 when the name is taken. */
export async function createRepository(tx: Transaction, fields: NewRepository): Promise<RepositoryRow> {
  const repository = await tx.find<RepositoryRow>(sql`
    insert into repository
      (type, name, description, labels, retain_repo_versions, retain_checkpoints, remote_id, data, hidden)
    values (${fields.type}, ${fields.name}, ${fields.description}, ${JSON.stringify(fields.labels)}::jsonb,
      ${fields.retain_repo_versions}, ${fields.retain_checkpoints}, ${fields.remote_id},
      ${JSON.stringify(fields.data)}::jsonb, ${fields.hidden ?? false})
    on conflict (name) do nothing returning *`);
  if (!repository) throw invalidField('name', 'This field must be unique.');
  await tx.execute(sql`insert into repository_version (repository_id, number) values (${repository.id}, 0)`);
  return repository;
}

/** Deletes a repository with its versions and publications; distributions stay, without a source. */
export async function deleteRepository(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.execute(sql`delete from repository where id = ${id}`)) > 0;
}
