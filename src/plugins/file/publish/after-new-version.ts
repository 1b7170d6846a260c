import { getRepository } from '../../../core/repository/reader.ts';
import type { RepositoryVersionRow } from '../../../core/repository/types.ts';
import type { Job } from '../../../core/task/types.ts';
import { FILE } from '../names.ts';
import { manifestName } from './publish.ts';
import { publishVersion } from './publish-version.ts';

/** Publishes a new version inside the task that made it, when its repository is set to do so. */
export async function publishIfWanted(job: Job, version: RepositoryVersionRow): Promise<void> {
  const { services } = job;
  const { data } = await getRepository(services.database, version.repository_id);
  if (data.autopublish !== true) return;
  const options = { manifest: manifestName(data.manifest, null), publisher: null, checkpoint: false };
  const publication = await publishVersion(services, version, options, job.signal);
  job.created(services.models.prn('publication', FILE, publication.id));
}
