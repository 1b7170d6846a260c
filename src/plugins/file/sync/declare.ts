import type { DeclaredContent } from '../../../core/content/types.ts';
import type { RemoteRow } from '../../../core/remote/types.ts';
import { urlBeside } from '../../../platform/storage/paths.ts';
import { FILE } from '../names.ts';
import type { ManifestEntry } from '../parse/manifest.ts';

/** Units for the entries of a remote's manifest; the files lie beside it. */
export async function* declareFiles(
  entries: AsyncIterable<ManifestEntry>,
  remote: Pick<RemoteRow, 'id' | 'url'>,
): AsyncGenerator<DeclaredContent> {
  for await (const { relative_path, sha256, size } of entries) {
    const source = { remote_id: remote.id, url: urlBeside(remote.url, relative_path), size, digests: { sha256 } };
    yield {
      type: FILE,
      key: [relative_path, sha256],
      attributes: { relative_path, sha256, size },
      details: null,
      artifacts: [{ relative_path, sha256: null, source }],
      origin: null,
    };
  }
}
