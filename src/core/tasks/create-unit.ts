import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { saveArtifact } from '../artifact/store.ts';
import type { ArtifactRow } from '../artifact/types.ts';
import { createUnit } from '../content/create-unit.ts';
import { notFound } from '../errors.ts';
import { NOTHING, newVersion } from '../repository/new-version.ts';
import { getRepository } from '../repository/reader.ts';
import type { RepositoryVersionRow } from '../repository/types.ts';
import type { Job, Json } from '../task/types.ts';
import { stageUploaded } from '../upload/staging.ts';
import { fetchUnitFile } from './fetch-unit-file.ts';
import type { TypeHooks } from './hooks.ts';

export interface UnitArguments {
  type: string;
  relative_path: string;
  labels: Record<string, string | null> | null;
  /** One of these says where the bytes are. */
  artifact: string | null;
  upload: string | null;
  file_url: string | null;
  downloader_config: { [key: string]: Json } | null;
  repository: string | null;
  overwrite: boolean;
}

/** Makes a unit out of an artifact, an upload or a URL, and puts it into a repository where one is given. */
export async function createUnitTask(job: Job, hooks: TypeHooks, args: UnitArguments): Promise<Json> {
  const { services } = job;
  const staged = await stage(job, args);
  const { id, version } = await services.database.transaction(async (tx) => {
    const artifact = staged ? await saveArtifact(tx, services.store, staged) : await findArtifact(tx, args.artifact);
    const unit = { type: args.type, relativePath: args.relative_path, labels: args.labels };
    const id = await createUnit(tx, hooks, unit, artifact);
    if (args.upload !== null) await tx.execute(sql`delete from upload where id = ${args.upload}`);
    return { id, version: await addToRepository(tx, hooks, args, id) };
  });
  if (args.upload !== null) await services.store.removeUpload(args.upload);
  if (version) job.created(services.models.prn('version', null, version.id));
  const prn = services.models.prn('content', args.type, id);
  job.created(prn);
  if (version) {
    const repository = await getRepository(services.database, version.repository_id);
    await hooks.afterNewVersion(job, repository.type, version);
  }
  return { resource: prn };
}

async function stage(job: Job, args: UnitArguments): Promise<StagedFile | null> {
  if (args.upload !== null) return stageUploaded(job.services, args.upload, {});
  if (args.file_url !== null) return fetchUnitFile(job, args.file_url, args.downloader_config);
  return null;
}

async function findArtifact(tx: Transaction, id: string | null): Promise<ArtifactRow> {
  const artifact = await tx.find<ArtifactRow>(sql`
    update artifact set timestamp_of_interest = clock_timestamp() where id = ${id} returning *`);
  if (!artifact) throw notFound('Artifact');
  return artifact;
}

async function addToRepository(
  tx: Transaction,
  hooks: TypeHooks,
  { repository: repositoryId, overwrite }: UnitArguments,
  contentId: string,
): Promise<RepositoryVersionRow | null> {
  if (repositoryId === null) return null;
  const repository = await getRepository(tx, repositoryId);
  return newVersion(tx, repositoryId, {
    add: sql`select ${contentId}::uuid`,
    remove: NOTHING,
    replaceAll: false,
    baseVersion: null,
    overwrite,
    keys: hooks.repositoryKeys(repository.type),
  });
}
