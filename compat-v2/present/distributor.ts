import { oid } from '../object-id.ts';
import type { JsonObject } from '../operation.ts';
import type { Distributor } from '../store/distributors.ts';
import type { HrefRoot } from './importer.ts';
import { v2Time } from './times.ts';

/** v2-api.md 4.4. The override config of the last publish stays inside (trap 25). */
export function presentDistributor(distributor: Distributor, root: HrefRoot): JsonObject & { _href: string } {
  const { repository, id } = distributor;
  return {
    repo_id: repository.name,
    last_updated: v2Time(distributor.lastUpdated),
    _href: `${root}repositories/${encodeURIComponent(repository.name)}/distributors/${encodeURIComponent(id)}/`,
    last_override_config: {},
    last_publish: v2Time(distributor.lastPublish),
    distributor_type_id: distributor.mapping.v2_type,
    auto_publish: distributor.autoPublish,
    scratchpad: distributor.scratchpad,
    _ns: 'repo_distributors',
    _id: oid(distributor.objectId),
    config: distributor.config,
    id,
  };
}
