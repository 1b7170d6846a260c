import type { Json, TaskDefinition } from '../../src/core/task/types.ts';
import type { V2Call } from '../call-report.ts';
import { dataError, executionError, missingResource, V2Error } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { unitFamily } from '../plugins/unit-family.ts';
import type { UnitType } from '../present/unit.ts';
import { importUnit, UploadRefused } from '../store/import-unit.ts';
import { findImporter } from '../store/importers.ts';
import { findRepositoryView, type RepositoryView } from '../store/repositories.ts';
import { hasUpload } from '../store/uploads.ts';
import { actionTag, repositoryTag } from '../tags.ts';
import { isObject } from '../wire/body.ts';
import { repositoryPrn } from './reservation.ts';
import { type V2Deps, v2Of, v2Task } from './v2-task.ts';

const TASK_TYPE = 'pulp.server.managers.content.upload.import_uploaded_unit';

export type ImportArgs = JsonObject & {
  repo_id: string;
  upload_id: Json;
  unit_type_id: Json;
  unit_key: Json;
  unit_metadata: Json;
};

const tagsOf = ({ repo_id }: ImportArgs) => [repositoryTag(repo_id), actionTag('import_upload')];

export function importUploadCall(v2: V2App, repository: RepositoryView | null, args: ImportArgs): V2Call {
  const exclusive = repository ? [repositoryPrn(v2, repository)] : [];
  return { taskType: TASK_TYPE, tags: tagsOf(args), args, exclusive, shared: [] };
}

/** Makes a unit of an upload, which stays (v2-plugins.md 0.10). */
export function importUploadTask(deps: V2Deps): TaskDefinition {
  return v2Task<ImportArgs>(TASK_TYPE, tagsOf, async ({ job }, args) => {
    const v2 = v2Of(deps, job);
    const { database } = job.services;
    const repository = await findRepositoryView(database, args.repo_id);
    const importer = repository && (await findImporter(v2, database, repository));
    if (!repository || !importer) throw missingResource({ repo_id: args.repo_id });
    const type = typeOf(v2, importer.typeId, args.unit_type_id);
    if (!isObject(args.unit_key ?? {})) throw dataError('The unit key must be an object.');
    const upload = typeof args.upload_id === 'string' ? args.upload_id : '';
    if (!(await hasUpload(database, upload))) throw executionError('Pulp exception occurred: PulpExecutionException');
    const key = isObject(args.unit_key) ? args.unit_key : {};
    const unit = await unitFamily(type.family.family).uploadedUnit(database, type.unit, key);
    try {
      await importUnit(v2, job, { repository, type, upload, unit, metadata: args.unit_metadata });
    } catch (error) {
      if (!(error instanceof UploadRefused)) throw error;
      throw refused(importer.typeId, type.unit.v2_type, repository.name, error.message);
    }
    return { details: null, success_flag: true, summary: null };
  });
}

function typeOf({ mappings }: V2App, importerType: string, unitType: Json): UnitType {
  const found = typeof unitType === 'string' ? mappings.byUnit(unitType) : undefined;
  if (found?.family.importer.v2_type !== importerType) throw dataError('Invalid unit type for repository');
  return found;
}

/** PLP0047 in the original's words. */
function refused(importer_id: string, unit_type: string, repo_id: string, summary: string): V2Error {
  const description =
    `The importer ${importer_id} indicated a failed response when uploading ${unit_type} unit to repository ` +
    `${repo_id}. Summary: '${summary}'. Details: 'None' `;
  const data = { unit_type, importer_id, repo_id, details: null, summary };
  return new V2Error({
    type: 'PulpCodedException',
    status: 500,
    code: 'PLP0047',
    description,
    data,
    extra: { args: [] },
  });
}
