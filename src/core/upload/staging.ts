import { sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { DigestMismatchError, SizeMismatchError } from '../../platform/storage/errors.ts';
import type { Digests } from '../content/types.ts';
import { notFound, PulpError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { UploadRow } from './types.ts';

/** The file that an upload's chunks make; the upload stays until it is committed. The texts are those of Pulp 3. */
export async function stageUploaded(services: Services, id: string, digests: Digests): Promise<StagedFile> {
  const upload = await services.database.find<UploadRow>(sql`select * from upload where id = ${id}`);
  if (!upload) throw notFound('Upload');
  try {
    const size = upload.size ?? undefined;
    return await services.store.stageUpload(id, { keep: false, expected: { size, digests } });
  } catch (error) {
    if (error instanceof DigestMismatchError) throw mismatch('The sha256 checksum did not match.', error);
    if (error instanceof SizeMismatchError) throw mismatch('The size did not match actual size of file.', error);
    throw error;
  }
}

/** As Pulp 3 words it in the task (golden 14, "commit with a wrong digest"). */
function mismatch(text: string, cause: Error): PulpError {
  const description = `{'non_field_errors': [ErrorDetail(string='${text}', code='invalid')]}`;
  return new PulpError('task', description, { cause });
}
