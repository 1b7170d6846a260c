import { createRemote, updateRemote } from '../../core/remote/transactor.ts';
import type { Policy } from '../../core/remote/types.ts';
import type { RemoteFields } from '../../mapping/importer.ts';
import type { SecretBox } from '../../platform/crypto/secret-box.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { findMapped, remember } from '../id-map.ts';

/** Makes or updates the remote that an importer became; returns its id. It is called like the repository if it can be. */
export async function saveRemote(
  tx: Transaction,
  secrets: SecretBox,
  type: string,
  importerId: string,
  repoId: string,
  fields: RemoteFields,
): Promise<string> {
  const values = { ...fields, policy: fields.policy as Policy };
  const known = (await findMapped(tx, 'remote', [importerId])).get(importerId);
  if (known && (await tx.find(sql`select 1 as found from remote where id = ${known.v3_id}`))) {
    await updateRemote(tx, secrets, known.v3_id, values);
    return known.v3_id;
  }
  const taken = await tx.find(sql`select 1 as found from remote where name = ${repoId}`);
  const name = taken ? `${repoId}-${importerId}` : repoId;
  const { id } = await createRemote(tx, secrets, { ...values, type, name });
  await remember(tx, 'remote', { v2_id: importerId, v3_id: id, fingerprint: '' });
  return id;
}
