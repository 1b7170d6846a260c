import type { V2Call } from '../call-report.ts';
import type { JsonObject, V2App } from '../operation.ts';
import type { RepositoryView } from '../store/repositories.ts';
import { PUBLISH_TASK, SYNC_TASK } from '../store/schedules.ts';
import { actionTag, repositoryTag } from '../tags.ts';
import { repositoryPrn } from './reservation.ts';

/** The calls that both requests and tasks make. */

export const DOWNLOAD_TASK = 'pulp.server.controllers.repository.download_repo';

export type SyncArgs = JsonObject & { repo_id: string; override_config: JsonObject };

export type PublishArgs = JsonObject & { repo_id: string; distributor_id: string; override_config: JsonObject };

export type DownloadArgs = JsonObject & { repo_id: string; verify_all_units: boolean };

export const syncTags = ({ repo_id }: SyncArgs) => [repositoryTag(repo_id), actionTag('sync')];

export const publishTags = ({ repo_id }: PublishArgs) => [repositoryTag(repo_id), actionTag('publish')];

export const downloadTags = ({ repo_id }: DownloadArgs) => [repositoryTag(repo_id), actionTag('download')];

export function syncCall(v2: V2App, view: RepositoryView, override: JsonObject): V2Call {
  const args: SyncArgs = { repo_id: view.name, override_config: override };
  return { taskType: SYNC_TASK, tags: syncTags(args), args, exclusive: [repositoryPrn(v2, view)], shared: [] };
}

export function publishCall(v2: V2App, view: RepositoryView, distributorId: string, override: JsonObject): V2Call {
  const args: PublishArgs = { repo_id: view.name, distributor_id: distributorId, override_config: override };
  return { taskType: PUBLISH_TASK, tags: publishTags(args), args, exclusive: [repositoryPrn(v2, view)], shared: [] };
}

/** Not serialised with other work on the repository (v2-api.md 4.5). */
export function downloadCall(view: RepositoryView, verify: boolean): V2Call {
  const args: DownloadArgs = { repo_id: view.name, verify_all_units: verify };
  return { taskType: DOWNLOAD_TASK, tags: downloadTags(args), args, exclusive: [], shared: [] };
}
