import type { Transaction } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';
import type { PublicationRow } from './types.ts';

export interface NewPublication
  extends Pick<
    PublicationRow,
    'type' | 'repository_version_id' | 'publisher_id' | 'pass_through' | 'checkpoint' | 'data'
  > {
  /** `select relative_path, content_artifact_id`, or null for a pass-through publication. */
  artifacts: Sql | null;
  /** Files made for it, stored as artifacts already. */
  metadata: readonly { relative_path: string; artifact_id: string }[];
}

/** Writes a publication with all its paths in the open transaction: it appears whole. */
export async function createPublication(tx: Transaction, fields: NewPublication): Promise<PublicationRow> {
  const publication = await tx.one<PublicationRow>(sql`
    insert into publication (type, repository_version_id, publisher_id, pass_through, checkpoint, data)
    values (${fields.type}, ${fields.repository_version_id}, ${fields.publisher_id}, ${fields.pass_through},
      ${fields.checkpoint}, ${JSON.stringify(fields.data)}::jsonb) returning *`);
  if (fields.artifacts) {
    await tx.execute(sql`
      insert into published_artifact (publication_id, relative_path, content_artifact_id)
      select ${publication.id}, paths.* from (${fields.artifacts}) paths`);
  }
  await tx.execute(sql`
    insert into published_metadata (publication_id, relative_path, artifact_id)
    select ${publication.id}, relative_path, artifact_id
    from jsonb_to_recordset(${JSON.stringify(fields.metadata)}::jsonb) file (relative_path text, artifact_id uuid)`);
  return publication;
}
