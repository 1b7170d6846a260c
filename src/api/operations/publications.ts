import { invalidTogether } from '../../core/errors.ts';
import { latestVersion } from '../../core/repository/reader.ts';
import type { Json } from '../../core/task/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Answer, Call, Handler, JsonObject } from '../call.ts';
import { findItem } from '../items.ts';
import { type Found, resolveReference } from '../references.ts';
import { type Cleaned, cleanBody } from '../validate/body.ts';
import { type TaskRequest, taskAnswer } from './dispatch-task.ts';

export const PUBLICATION_HANDLERS: Record<string, Handler> = {
  async publication_create(call) {
    return taskAnswer(call, await publishRequest(call, await cleanBody(call, null)));
  },
  publisher_publish: publishByRecipe,
};

/** What to dispatch for a publication of a version, or of a repository's latest one, or by a publisher's recipe. */
export async function publishRequest(call: Call, { values, found }: Cleaned): Promise<TaskRequest> {
  const { api } = call;
  const publisher = found.publisher ? await recipeOf(call, found.publisher) : null;
  const repository = found.repository ?? publisher?.repository;
  if (repository && found.repository_version && !publisher) {
    throw invalidTogether("Either the 'repository' or 'repository_version' need to be specified but not both.");
  }
  if (!repository && !found.repository_version) {
    throw invalidTogether("Either the 'repository' or 'repository_version' need to be specified");
  }
  if (values.checkpoint && !found.repository) throw invalidTogether("'checkpoint' may only be used with 'repository'");
  const version = found.repository_version ?? (await latestOf(call, repository?.id ?? ''));
  const type = found.repository_version?.type ?? repository?.type ?? '';
  return {
    name: api.app.registry.repositoryType(type).publishTask,
    args: {
      repository_version: version.id,
      publisher: found.publisher?.id ?? null,
      manifest: publisher ? publisher.manifest : (values.manifest ?? null),
      checkpoint: values.checkpoint ?? false,
    },
    shared: [api.hrefs.prn('repository', type, repository?.id ?? found.repository_version?.repositoryId ?? '')],
  };
}

function latestOf(call: Call, repositoryId: string): Promise<{ id: string }> {
  return latestVersion(call.api.database, repositoryId);
}

interface Recipe {
  repository: Found;
  manifest: Json;
}

async function recipeOf(call: Call, publisher: Found): Promise<Recipe> {
  const { api } = call;
  const row = await api.database.one<{ repository_id: string; type: string; data: JsonObject }>(
    sql`select publisher.data, publisher.repository_id, repository.type from publisher
      join repository on repository.id = publisher.repository_id where publisher.id = ${publisher.id}`,
  );
  const href = api.hrefs.href('repository', row.type, row.repository_id);
  return {
    repository: await resolveReference(api, 'publisher', 'repository', href),
    manifest: row.data.manifest ?? null,
  };
}

async function publishByRecipe(call: Call): Promise<Answer> {
  const row = await findItem(call);
  const publisher: Found = {
    kind: 'publisher',
    type: `${row.type}`,
    id: `${row.id}`,
    name: `${row.name}`,
    repositoryId: null,
    number: null,
  };
  return taskAnswer(call, await publishRequest(call, { values: {}, found: { publisher } }));
}
