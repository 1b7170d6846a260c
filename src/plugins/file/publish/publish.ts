import { PulpError } from '../../../core/errors.ts';
import { getPublisher } from '../../../core/publisher/reader.ts';
import type { PublisherRow } from '../../../core/publisher/types.ts';
import { findVersion, latestVersion } from '../../../core/repository/reader.ts';
import type { RepositoryVersionRow } from '../../../core/repository/types.ts';
import type { Job, Json, TaskDefinition } from '../../../core/task/types.ts';
import type { Queryable } from '../../../platform/postgres/database.ts';
import { FILE, MANIFEST, PUBLISH_TASK } from '../names.ts';
import { publishVersion } from './publish-version.ts';

/**
 * Arguments (ids): `repository_version`, or `repository` for the latest version when the task runs; optional are
 * `publisher`, `manifest` (a name, null for none; left out: the publisher's, else PULP_MANIFEST) and `checkpoint`.
 * Result: `{ publication: id }`.
 */
export const publishTask: TaskDefinition = { name: PUBLISH_TASK, run: publish };

async function publish(job: Job, args: { [key: string]: Json }): Promise<Json> {
  const { services } = job;
  const version = await wantedVersion(services.database, args);
  const publisher = typeof args.publisher === 'string' ? await getPublisher(services.database, args.publisher) : null;
  const options = {
    manifest: manifestName(args.manifest, publisher),
    publisher: publisher?.id ?? null,
    checkpoint: args.checkpoint === true,
  };
  const publication = await publishVersion(services, version, options, job.signal);
  job.created(services.models.prn('publication', FILE, publication.id));
  return { publication: publication.id };
}

async function wantedVersion(database: Queryable, args: { [key: string]: Json }): Promise<RepositoryVersionRow> {
  if (typeof args.repository_version !== 'string') return latestVersion(database, String(args.repository));
  const version = await findVersion(database, args.repository_version);
  if (!version) throw new PulpError('task', 'The repository version is gone.');
  return version;
}

/** A name, or null for no manifest. */
export function manifestName(wanted: Json | undefined, publisher: Pick<PublisherRow, 'data'> | null): string | null {
  const name = wanted === undefined ? publisher?.data.manifest : wanted;
  if (name === null) return null;
  return typeof name === 'string' ? name : MANIFEST;
}
