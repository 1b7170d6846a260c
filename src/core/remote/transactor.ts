import type { SecretBox } from '../../platform/crypto/secret-box.ts';
import type { Queryable, Transaction } from '../../platform/postgres/database.ts';
import { type ColumnValues, insertRow, updateRow } from '../../platform/postgres/rows.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { invalidField, notFound } from '../errors.ts';
import { type RemoteRow, SECRET_COLUMNS } from './types.ts';

/** Columns of a remote with secrets in clear; they are sealed before they reach the database. */
export type RemoteFields = Partial<Omit<RemoteRow, 'id' | 'created' | 'updated'>>;

/** 400 when the name is taken. */
export async function createRemote(tx: Transaction, secrets: SecretBox, fields: RemoteFields): Promise<RemoteRow> {
  const remote = await insertRow<RemoteRow>(tx, 'remote', sealSecrets(secrets, fields), 'name');
  if (!remote) throw invalidField('name', 'This field must be unique.');
  return remote;
}

/** Changes the given columns. 404 when it is gone. */
export async function updateRemote(
  tx: Queryable,
  secrets: SecretBox,
  id: string,
  fields: RemoteFields,
): Promise<RemoteRow> {
  const remote = await updateRow<RemoteRow>(tx, 'remote', id, sealSecrets(secrets, fields));
  if (!remote) throw notFound('Remote');
  return remote;
}

export async function deleteRemote(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.execute(sql`delete from remote where id = ${id}`)) > 0;
}

/** A remote's secrets in clear, for downloads and for comparing an update with what is stored. */
export function openSecrets(secrets: SecretBox, remote: RemoteRow): RemoteRow {
  const opened = SECRET_COLUMNS.map((column) => [column, openOne(secrets, remote[column])] as const);
  return { ...remote, ...Object.fromEntries(opened) };
}

function openOne(secrets: SecretBox, sealed: string | null): string | null {
  return sealed === null ? null : secrets.open(sealed);
}

function sealSecrets(secrets: SecretBox, fields: RemoteFields): ColumnValues {
  const values: ColumnValues = { ...fields };
  for (const column of SECRET_COLUMNS) {
    const clear = fields[column];
    if (typeof clear === 'string') values[column] = secrets.seal(clear);
  }
  return values;
}
