import { invalidField, invalidList } from '../../core/errors.ts';
import { REPAIR_VERSION } from '../../core/maintenance/repair.ts';
import { assertNotServed } from '../../core/repository/retention.ts';
import type { RepositoryVersionRow } from '../../core/repository/types.ts';
import type { Json } from '../../core/task/types.ts';
import { ADD_AND_REMOVE, type AddAndRemove, DELETE_VERSION } from '../../core/tasks/versions.ts';
import type { Api } from '../api.ts';
import type { Answer, Call, Handler, JsonObject } from '../call.ts';
import { contentIdsOf } from '../content-units.ts';
import { findItem } from '../items.ts';
import type { Row } from '../present/types.ts';
import { type Found, resolveReference } from '../references.ts';
import { type Cleaned, cleanBody } from '../validate/body.ts';
import { type TaskRequest, taskAnswer } from './dispatch-task.ts';

export const REPOSITORY_HANDLERS: Record<string, Handler> = {
  async repository_sync(call) {
    const repository = await findItem(call);
    return taskAnswer(call, await syncRequest(call, repository, await cleanBody(call, null)));
  },
  async repository_modify(call) {
    const repository = await findItem(call);
    return taskAnswer(call, await modifyRequest(call.api, repository, await cleanBody(call, null)));
  },
  version_delete: deleteVersion,
  version_repair: repairVersion,
};

/** What to dispatch for a sync; 400 when there is no fitting remote. */
export async function syncRequest(call: Call, repository: Row, { values, found }: Cleaned): Promise<TaskRequest> {
  const { api } = call;
  const type = api.app.registry.repositoryType(`${repository.type}`);
  const remote = found.remote ?? (await ownRemote(api, repository));
  if (!type.remoteTypes.includes(remote.type ?? '')) {
    throw invalidField('remote', `Type for Remote '${remote.name}' does not match Repository.`);
  }
  const mirror = values.mirror ?? false;
  if (mirror && (repository.data as JsonObject).autopublish) {
    throw invalidList('Cannot use mirror mode with autopublished repository.');
  }
  return {
    name: type.syncTask,
    args: { repository: `${repository.id}`, remote: remote.id, mirror, optimize: values.optimize ?? true },
    exclusive: [api.hrefs.prn('repository', `${repository.type}`, `${repository.id}`)],
    shared: [api.hrefs.prn('remote', remote.type, remote.id)],
  };
}

function ownRemote(api: Api, repository: Row): Promise<Found> {
  if (typeof repository.remote_id !== 'string') {
    throw invalidField('remote', 'This field is required since a remote is not set on the repository.');
  }
  const href = api.hrefs.href('remote', `${repository.remote_type}`, repository.remote_id);
  return resolveReference(api, 'remote', 'remote', href);
}

/** What to dispatch for a modify (v3-api.md 2.4). */
export async function modifyRequest(api: Api, repository: Row, { values, found }: Cleaned): Promise<TaskRequest> {
  const removed = texts(values.remove_content_units);
  if (removed.includes('*') && removed.length > 1) {
    throw invalidField('remove_content_units', "Cannot supply content units and '*'.");
  }
  const args: AddAndRemove = {
    repository: `${repository.id}`,
    add: await contentIdsOf(api, 'add_content_units', texts(values.add_content_units)),
    remove: removed[0] === '*' ? '*' : await contentIdsOf(api, 'remove_content_units', removed),
    base_version: found.base_version?.id ?? null,
    overwrite: values.overwrite !== false,
  };
  return {
    name: ADD_AND_REMOVE,
    args: args as unknown as { [key: string]: Json },
    exclusive: [api.hrefs.prn('repository', `${repository.type}`, `${repository.id}`)],
  };
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

async function deleteVersion(call: Call): Promise<Answer> {
  const { api } = call;
  const version = await findItem(call);
  await assertNotServed(api.database, version as unknown as RepositoryVersionRow);
  return taskAnswer(call, {
    name: DELETE_VERSION,
    args: { version: `${version.id}` },
    exclusive: [api.hrefs.prn('repository', `${version.repository_type}`, `${version.repository_id}`)],
  });
}

async function repairVersion(call: Call): Promise<Answer> {
  const version = await findItem(call);
  const { values } = await cleanBody(call, null);
  return taskAnswer(call, {
    name: REPAIR_VERSION,
    args: { version: `${version.id}`, verify: values.verify_checksums ?? true },
    shared: [call.api.hrefs.prn('repository', `${version.repository_type}`, `${version.repository_id}`)],
  });
}
