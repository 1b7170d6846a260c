import type { Json, TaskDefinition } from '../../src/core/task/types.ts';
import type { Queryable } from '../../src/platform/postgres/database.ts';
import type { V2Call } from '../call-report.ts';
import { mergeConfig } from '../config.ts';
import { dataError } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { checkImporterConfig, importerFamily } from '../plugins/check.ts';
import { presentImporter } from '../present/importer.ts';
import { changeImporter, cleanConfig, createImporter, getImporter, removeImporter } from '../store/importers.ts';
import { getRepositoryView, type RepositoryView } from '../store/repositories.ts';
import { actionTag, importerTag, repositoryTag } from '../tags.ts';
import { isObject } from '../wire/body.ts';
import { repositoryPrn } from './reservation.ts';
import { type V2Deps, v2Of, v2Task } from './v2-task.ts';

const SET = 'pulp.server.managers.repo.importer.set_importer';
const UPDATE = 'pulp.server.managers.repo.importer.update_importer_config';
const REMOVE = 'pulp.server.managers.repo.importer.remove_importer';

type Args = JsonObject & { repo_id: string; importer_type_id: string; config: Json };

const setTags = ({ repo_id }: Args) => [repositoryTag(repo_id), actionTag('add_importer')];

function tagsFor(action: string) {
  return (args: Args) => [repositoryTag(args.repo_id), importerTag(args.importer_type_id), actionTag(action)];
}

export function setImporterCall(v2: V2App, view: RepositoryView, typeId: string, config: Json): V2Call {
  return call(v2, view, SET, setTags, { repo_id: view.name, importer_type_id: typeId, config });
}

export function updateImporterCall(v2: V2App, view: RepositoryView, typeId: string, config: Json): V2Call {
  const args = { repo_id: view.name, importer_type_id: typeId, config };
  return call(v2, view, UPDATE, tagsFor('update_importer'), args);
}

export function removeImporterCall(v2: V2App, view: RepositoryView, typeId: string): V2Call {
  const args = { repo_id: view.name, importer_type_id: typeId, config: null };
  return call(v2, view, REMOVE, tagsFor('delete_importer'), args);
}

function call(v2: V2App, view: RepositoryView, taskType: string, tagsOf: (args: Args) => string[], args: Args): V2Call {
  return { taskType, tags: tagsOf(args), args, exclusive: [repositoryPrn(v2, view)], shared: [] };
}

export function importerTasks(deps: V2Deps): TaskDefinition[] {
  return [
    v2Task<Args>(SET, setTags, ({ job }, args) => setImporter(v2Of(deps, job), args)),
    v2Task<Args>(UPDATE, tagsFor('update_importer'), ({ job }, args) => updateImporter(v2Of(deps, job), args)),
    v2Task<Args>(REMOVE, tagsFor('delete_importer'), async ({ job }, args) => {
      const v2 = v2Of(deps, job);
      await job.services.database.transaction(async (tx) => {
        await removeImporter(v2, tx, await getRepositoryView(tx, args.repo_id));
      });
      return null;
    }),
  ];
}

/** The old importer goes, of whatever type, with its schedules (v2-api.md 4.3). */
function setImporter(v2: V2App, { repo_id, importer_type_id, config: given }: Args): Promise<JsonObject> {
  const family = importerFamily(v2, importer_type_id);
  const config = cleanConfig(asConfig(given));
  checkImporterConfig(family, config);
  return v2.app.services.database.transaction(async (tx) => {
    const view = await getRepositoryView(tx, repo_id);
    await removeImporter(v2, tx, view);
    await createImporter(v2, tx, view, family.importer, config);
    return importerResult(v2, tx, repo_id, importer_type_id);
  });
}

function updateImporter(v2: V2App, { repo_id, importer_type_id, config: given }: Args): Promise<JsonObject> {
  const changes = asConfig(given);
  return v2.app.services.database.transaction(async (tx) => {
    const importer = await getImporter(v2, tx, await getRepositoryView(tx, repo_id), importer_type_id);
    const config = cleanConfig(mergeConfig(importer.config, changes));
    checkImporterConfig(importerFamily(v2, importer_type_id), config);
    await changeImporter(v2, tx, importer, config);
    return importerResult(v2, tx, repo_id, importer_type_id);
  });
}

async function importerResult(v2: V2App, database: Queryable, repoId: string, typeId: string): Promise<JsonObject> {
  const importer = await getImporter(v2, database, await getRepositoryView(database, repoId), typeId);
  return presentImporter(importer, '/v2/');
}

function asConfig(given: Json): JsonObject {
  if (!isObject(given)) throw dataError('The importer configuration must be an object.');
  return given;
}
