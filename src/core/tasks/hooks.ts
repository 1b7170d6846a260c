import type { Queryable } from '../../platform/postgres/database.ts';
import type { RepositoryKey, RepositoryVersionRow } from '../repository/types.ts';
import type { Job, Json } from '../task/types.ts';

/** What the general tasks ask the plugins. */
export interface TypeHooks {
  repositoryKeys(repositoryType: string): readonly RepositoryKey[];
  /** Content types that a repository type holds. */
  contentTypes(repositoryType: string): readonly string[];
  /** Attributes that make a unit unique, in order. */
  naturalKey(contentType: string): readonly string[];
  describeUpload(database: Queryable, upload: UploadedUnit): Promise<Record<string, Json>>;
  afterNewVersion(job: Job, repositoryType: string, version: RepositoryVersionRow): Promise<void>;
}

export interface UploadedUnit {
  type: string;
  relativePath: string | null;
  sha256: string;
  size: number;
}
