import { saveArtifact } from '../../core/artifact/store.ts';
import type { ArtifactRow } from '../../core/artifact/types.ts';
import { createUnit } from '../../core/content/create-unit.ts';
import { invalidField, invalidTogether } from '../../core/errors.ts';
import type { Json } from '../../core/task/types.ts';
import type { UnitArguments } from '../../core/tasks/create-unit.ts';
import { GENERAL_CREATE } from '../../core/tasks/general.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { typeHooks } from '../../plugin/type-hooks.ts';
import type { Answer, Call, Handler, JsonObject } from '../call.ts';
import { createdAnswer } from '../items.ts';
import { type Cleaned, cleanBody } from '../validate/body.ts';
import { taskAnswer } from './dispatch-task.ts';

const SOURCES = ['file_url', 'upload', 'artifact', 'file'];
const ONE_SOURCE = `Exactly one of ${SOURCES.join(', ')} must be specified.`;

export const CONTENT_HANDLERS: Record<string, Handler> = {
  content_create: createContent,
  content_upload: uploadContent,
};

/** A unit by a task: the bytes of `file` are durable before the answer, those of the other sources are the task's matter. */
async function createContent(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const cleaned = await cleanBody(call, null);
  const { values, found } = cleaned;
  if (SOURCES.filter((name) => values[name] !== undefined).length !== 1) throw invalidTogether(ONE_SOURCE);
  checkRepository(call, cleaned);
  const args: UnitArguments = {
    type: operation.resource.type ?? '',
    relative_path: `${values.relative_path}`,
    labels: (values.pulp_labels as Record<string, string | null> | undefined) ?? null,
    artifact: found.artifact?.id ?? (values.file ? (await storeFile(call)).id : null),
    upload: found.upload?.id ?? null,
    file_url: values.file_url === undefined ? null : `${values.file_url}`,
    downloader_config: (values.downloader_config as JsonObject | undefined) ?? null,
    repository: found.repository?.id ?? null,
    overwrite: values.overwrite !== false,
  };
  const exclusive = [found.upload, found.repository].flatMap((entry) =>
    entry ? [api.hrefs.prn(entry.kind, entry.type, entry.id)] : [],
  );
  return taskAnswer(call, {
    name: GENERAL_CREATE,
    args: { kind: 'content', ...args } as { [key: string]: Json },
    exclusive,
  });
}

function checkRepository(call: Call, { found }: Cleaned): void {
  const repository = found.repository;
  const type = call.operation.resource.type ?? '';
  if (!repository || call.api.app.registry.repositoryType(repository.type ?? '').contentTypes.includes(type)) return;
  throw invalidField('repository', `Repository '${repository.name}' does not hold content of type ${type}.`);
}

function storeFile(call: Call): Promise<ArtifactRow> {
  return call.api.database.transaction((tx) => saveFile(call, tx));
}

async function saveFile(call: Call, tx: Transaction): Promise<ArtifactRow> {
  const staged = call.input.files.get('file');
  if (!staged) throw invalidField('file', 'No file was submitted.');
  return saveArtifact(tx, call.api.services.store, staged);
}

/** A unit at once, with its file in one transaction. An equal one is given back as it is. */
async function uploadContent(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const { values } = await cleanBody(call, null);
  if (!values.file) throw invalidTogether(ONE_SOURCE);
  const unit = {
    type: operation.resource.type ?? '',
    relativePath: `${values.relative_path}`,
    labels: (values.pulp_labels as Record<string, string | null> | undefined) ?? null,
  };
  const id = await api.database.transaction(async (tx) =>
    createUnit(tx, typeHooks(api.app.registry), unit, await saveFile(call, tx)),
  );
  return createdAnswer(call, operation.resource, id);
}
