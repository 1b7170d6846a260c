import { sql } from '../../platform/postgres/sql.ts';
import { saveArtifact } from '../artifact/store.ts';
import type { TaskDefinition } from '../task/types.ts';
import { stageUploaded } from './staging.ts';

export const COMMIT_UPLOAD = 'pulpcore.app.tasks.upload.commit';

/** Makes an artifact of an upload, which is gone afterwards; a wrong digest leaves it as it is. */
export const commitUpload: TaskDefinition = {
  name: COMMIT_UPLOAD,
  async run(job, args) {
    const { services } = job;
    const id = `${args.upload}`;
    const staged = await stageUploaded(services, id, { sha256: `${args.sha256}` });
    const artifact = await services.database.transaction(async (tx) => {
      await tx.execute(sql`delete from upload where id = ${id}`);
      return saveArtifact(tx, services.store, staged);
    });
    await services.store.removeUpload(id);
    job.created(services.models.prn('artifact', null, artifact.id));
    return null;
  },
};
