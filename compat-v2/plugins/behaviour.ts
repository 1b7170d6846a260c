import type { Job } from '../../src/core/task/types.ts';
import type { V2Error } from '../errors.ts';
import type { JsonObject } from '../operation.ts';

/** Files that a sync fetched. */
export type Downloaded = { readonly count: number; readonly bytes: number };

export type SyncFailure = {
  readonly summary: JsonObject;
  /** What ends the task. */
  readonly error: V2Error;
  /** The importer said so itself: the history says "failed" and has counts, else "error" (v2-api.md 2.8). */
  readonly indicated: boolean;
};

/** Keeps the progress of one sync in its family's form; each end gives the history's summary. */
export type SyncReporter = {
  begin(): Promise<void>;
  /** A job whose progress is shown. */
  watch(job: Job): Job;
  /** Null when nothing was to be fetched now. */
  complete(downloaded: Downloaded | null): Promise<JsonObject>;
  fail(error: Error, downloaded: Downloaded): Promise<SyncFailure>;
  cancel(): Promise<JsonObject>;
};

/** The same for one publish. */
export type PublishReporter = {
  begin(): Promise<JsonObject>;
  complete(): Promise<JsonObject>;
  fail(message: string): Promise<JsonObject>;
  cancel(): Promise<JsonObject>;
};

export type ContentTypeDescription = {
  readonly id: string;
  readonly display_name: string;
  readonly description: string;
  readonly unit_key: readonly string[];
  readonly search_indexes: readonly string[];
  readonly referenced_types: readonly string[];
};

export type PluginDescription = {
  readonly id: string;
  readonly display_name: string;
  readonly types: readonly string[];
};

/** What the plugin listings tell about a family. */
export type PluginTypes = {
  readonly contentTypes: readonly ContentTypeDescription[];
  readonly importers: readonly PluginDescription[];
  readonly distributors: readonly PluginDescription[];
};

/** What a v2 plugin family does in its own way; the rest follows from its mapping. */
export type FamilyBehaviour = {
  readonly types: PluginTypes;
  /** Why a config is refused, or null. */
  refuseImporterConfig(config: JsonObject): string | null;
  refuseDistributorConfig(config: JsonObject): string | null;
  createSyncReport(save: (report: JsonObject) => Promise<void>): SyncReporter;
  createPublishReport(save: (report: JsonObject) => Promise<void>): PublishReporter;
};
