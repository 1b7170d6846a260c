import { saveArtifact } from '../../../core/artifact/store.ts';
import { retainCheckpoints, servePublication } from '../../../core/publication/serve.ts';
import { createPublication } from '../../../core/publication/transactor.ts';
import type { PublicationRow } from '../../../core/publication/types.ts';
import { contentOfVersion } from '../../../core/repository/membership.ts';
import { getRepository } from '../../../core/repository/reader.ts';
import type { RepositoryVersionRow } from '../../../core/repository/types.ts';
import type { Services } from '../../../core/services.ts';
import type { Transaction } from '../../../platform/postgres/database.ts';
import { sql } from '../../../platform/postgres/sql.ts';
import type { ArtifactStore, StagedFile } from '../../../platform/storage/artifact-store.ts';
import { FILE } from '../names.ts';
import { type ManifestEntry, renderEntry } from '../parse/manifest.ts';

export interface PublishOptions {
  /** Name of the list of files; null: none is made. */
  manifest: string | null;
  /** The stored recipe, whose distributions will serve the publication. */
  publisher: string | null;
  checkpoint: boolean;
}

const BATCH = 5000;

/**
 * Publishes a version as it is: every file under its own path, and a manifest that names them all, sorted by path. The
 * publication appears whole. Safe to run again: equal content gives an equal manifest, which is stored once.
 */
export async function publishVersion(
  services: Pick<Services, 'database' | 'store'>,
  version: RepositoryVersionRow,
  options: PublishOptions,
  signal: AbortSignal,
): Promise<PublicationRow> {
  const { database, store } = services;
  const staged =
    options.manifest === null
      ? null
      : await store.receive(renderManifest(services, version, options.manifest), { signal });
  signal.throwIfAborted();
  const repository = await getRepository(database, version.repository_id);
  return database.transaction(async (tx) => {
    const publication = await writePublication(tx, store, version, options, staged);
    if (options.checkpoint) await retainCheckpoints(tx, repository.id, repository.retain_checkpoints);
    return publication;
  });
}

/** Writes a publication, and the manifest that it has unless it is null. */
export async function writePublication(
  tx: Transaction,
  store: ArtifactStore,
  version: RepositoryVersionRow,
  { manifest, publisher, checkpoint }: PublishOptions,
  staged: StagedFile | null,
): Promise<PublicationRow> {
  const artifact = staged && (await saveArtifact(tx, store, staged));
  const publication = await createPublication(tx, {
    type: FILE,
    repository_version_id: version.id,
    publisher_id: publisher,
    pass_through: true,
    checkpoint,
    data: { manifest },
    artifacts: null,
    metadata: artifact && manifest !== null ? [{ relative_path: manifest, artifact_id: artifact.id }] : [],
  });
  await servePublication(tx, publication);
  return publication;
}

/** A file of the manifest's own name is hidden by it, so it does not list it. */
async function* renderManifest(
  { database }: Pick<Services, 'database'>,
  version: RepositoryVersionRow,
  manifest: string,
): AsyncGenerator<Buffer> {
  const entries = database.stream<ManifestEntry>(
    sql`select attributes ->> 'relative_path' as relative_path, attributes ->> 'sha256' as sha256,
        (attributes ->> 'size')::bigint as size
      from content
      where id in (${contentOfVersion(version.repository_id, version.number)}) and type = ${FILE}
        and attributes ->> 'relative_path' <> ${manifest}
      order by attributes ->> 'relative_path' collate "C"`,
    BATCH,
  );
  for await (const batch of entries) yield Buffer.from(batch.map(renderEntry).join(''));
}
