import { oid } from '../object-id.ts';
import { type JsonObject, V2_ROOT } from '../operation.ts';
import type { Importer } from '../store/importers.ts';
import { v2Time } from './times.ts';

/** Where a document's `_href` begins: task results lack the API's prefix (v2-api.md 1.4). */
export type HrefRoot = typeof V2_ROOT | '/v2/';

const MASK = '*****';

/** v2-api.md 4.3. */
export function presentImporter(importer: Importer, root: HrefRoot): JsonObject & { _href: string } {
  const { repository, typeId } = importer;
  return {
    repo_id: repository.name,
    last_updated: v2Time(importer.lastUpdated),
    _href: `${root}repositories/${encodeURIComponent(repository.name)}/importers/${encodeURIComponent(typeId)}/`,
    _ns: 'repo_importers',
    importer_type_id: typeId,
    last_override_config: {},
    last_sync: v2Time(importer.lastSync),
    scratchpad: importer.scratchpad,
    _id: oid(importer.objectId),
    config: maskSecrets(importer, root),
    id: typeId,
  };
}

/** Private keys are shown to who may read the importer, as in the original, but not stored with tasks in clear. */
function maskSecrets({ config, mapping }: Importer, root: HrefRoot): JsonObject {
  const isHidden = (name: string) => {
    const key = mapping.keys[name];
    return key?.masked === true || (root !== V2_ROOT && key?.target === 'remote.client_key');
  };
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, isHidden(name) ? MASK : value]));
}
