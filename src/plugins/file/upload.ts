import { invalidField } from '../../core/errors.ts';
import type { Json } from '../../core/task/types.ts';
import type { Queryable } from '../../platform/postgres/database.ts';
import { PathError } from '../../platform/storage/paths.ts';
import type { UploadedFile } from '../../plugin/plugin.ts';
import { assertPlainPath } from './parse/manifest.ts';

/** Attributes of a file unit. 400 when it has no path, or one that could lead a host out of its folder. */
export async function describeUpload(_database: Queryable, upload: UploadedFile): Promise<Record<string, Json>> {
  const { relativePath, sha256, size } = upload;
  if (relativePath === null) throw invalidField('relative_path', 'This field is required.');
  try {
    assertPlainPath(relativePath);
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw invalidField('relative_path', `Relative path is not in canonical form. ${relativePath}`);
  }
  return { relative_path: relativePath, sha256, size };
}
