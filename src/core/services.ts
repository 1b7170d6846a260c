import type { Logger } from 'pino';
import type { SecretBox } from '../platform/crypto/secret-box.ts';
import type { Database } from '../platform/postgres/database.ts';
import type { ArtifactStore } from '../platform/storage/artifact-store.ts';
import type { Models } from './models.ts';
import type { TaskDefinition, TaskObserver } from './task/types.ts';

/** What the core works with: built once in context.ts, passed on explicitly. */
export interface Services {
  database: Database;
  store: ArtifactStore;
  secrets: SecretBox;
  models: Models;
  log: Logger;
  /** Row of app_status of this process; what it runs bears this id. */
  processId: string;
  definitions: ReadonlyMap<string, TaskDefinition>;
  observers: readonly TaskObserver[];
  settings: CoreSettings;
}

export interface CoreSettings {
  /** Parent of the tasks' own folders. */
  workingDirectory: string;
  allowedChecksums: readonly string[];
  /** Folders that file:// remotes may read. */
  allowedImportPaths: readonly string[];
  orphanProtectionMinutes: number;
  /** Seconds without a heartbeat after which a process counts as missing. */
  workerTtl: number;
  /** Seconds for which a remote artifact that failed is left alone. */
  fetchFailureCooldown: number;
  /** Components and their versions, as status shows them. */
  versions: Readonly<Record<string, string>>;
  userAgent: string;
  /** Origin of content URLs; null: that of the request. */
  contentOrigin: string | null;
  /** "/pulp/content/". */
  contentPathPrefix: string;
}
