import type { Model } from '../core/models.ts';
import type { PublicationRow } from '../core/publication/types.ts';
import type { PublisherRow } from '../core/publisher/types.ts';
import type { RepositoryVersionRow } from '../core/repository/types.ts';
import type { Services } from '../core/services.ts';
import type { Job, Json, TaskDefinition } from '../core/task/types.ts';
import type { Queryable } from '../platform/postgres/database.ts';

/** A type of content and what tells its units apart. */
export interface ContentType {
  /** pulp_type: "file.file". */
  type: string;
  /** Attributes that make a unit unique in the store. */
  naturalKey: readonly string[];
  /** Attributes of which a repository version holds one unit each; empty: no such rule. */
  repositoryKey: readonly string[];
}

export interface RepositoryType {
  type: string;
  contentTypes: readonly string[];
  remoteTypes: readonly string[];
  publisherType: string;
  publicationType: string;
  distributionType: string;
  /** Of the task that syncs it; its arguments are { repository, remote, ...options }. */
  syncTask: string;
  /** Of the task that publishes it; its arguments are { repository_version, publisher, ...options }. */
  publishTask: string;
  /** Publishes a version by a stored recipe: what the publish task does, for callers that are no task of its own. */
  publishVersion(
    services: Services,
    version: RepositoryVersionRow,
    publisher: Pick<PublisherRow, 'id' | 'data'>,
    signal: AbortSignal,
  ): Promise<PublicationRow>;
  /**
   * What must be done inside a task that gave the repository a new version, such as publishing it when the repository
   * says so itself. What it makes is reported through job.created.
   */
  afterNewVersion(job: Job, version: RepositoryVersionRow): Promise<void>;
}

/** Everything that a content type brings: the built-in ones use nothing else. */
export interface Plugin {
  /** App label: "file". */
  label: string;
  /** As status shows it. */
  version: string;
  /** Python package and module names that clients see in status. */
  package: string;
  module: string;
  models: readonly Model[];
  contentTypes: readonly ContentType[];
  repositoryTypes: readonly RepositoryType[];
  tasks: readonly TaskDefinition[];
  /** Folder of its resource declarations (YAML), below the project's root. */
  resources: string;
  /** Folder of its own migrations, or null. */
  migrations: string | null;
  /** Turns an uploaded or named artifact into a unit: attributes by name. 400 when it is none. */
  describeUpload(database: Queryable, upload: UploadedFile): Promise<Record<string, Json>>;
}

export interface UploadedFile {
  type: string;
  relativePath: string | null;
  sha256: string;
  size: number;
}
