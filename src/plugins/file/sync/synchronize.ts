import { PulpError } from '../../../core/errors.ts';
import { dispatchAutopublish } from '../../../core/publisher/autopublish.ts';
import { getRemote } from '../../../core/remote/reader.ts';
import { getRepository } from '../../../core/repository/reader.ts';
import type { Job, Json, TaskDefinition } from '../../../core/task/types.ts';
import { PUBLISH_TASK, SYNC_TASK } from '../names.ts';
import { publishIfWanted } from '../publish/after-new-version.ts';
import { syncRepository } from './sync-repository.ts';

/**
 * Arguments: `repository` and `remote` (ids; without a remote that of the repository), `url` (that of the remote),
 * `mirror` (false), `optimize` (true), `partial` (false; true takes what comes when single files cannot be had),
 * `autopublish` (true; false leaves the publishers to the caller). Result:
 * `{ repository_version: id }`, or null when there is no new one.
 */
export const synchronizeTask: TaskDefinition = { name: SYNC_TASK, run: synchronize };

async function synchronize(job: Job, args: { [key: string]: Json }): Promise<Json> {
  const { database } = job.services;
  const repository = await getRepository(database, String(args.repository));
  const remoteId = args.remote ?? repository.remote_id;
  if (typeof remoteId !== 'string') throw new PulpError('task', 'The repository has no remote to synchronize from.');
  const remote = await getRemote(database, remoteId);
  const options = { mirror: args.mirror === true, optimize: args.optimize !== false, partial: args.partial === true };
  const url = typeof args.url === 'string' ? args.url : remote.url;
  const version = await syncRepository(job, repository, { ...remote, url }, options);
  if (!version) return null;
  if (!options.mirror) await publishIfWanted(job, version);
  if (args.autopublish !== false) await dispatchAutopublish(job, repository, PUBLISH_TASK);
  return { repository_version: version.id };
}
