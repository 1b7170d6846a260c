import { createHash, randomUUID } from 'node:crypto';
import { ObjectId } from 'bson';
import type { V2Database } from './v2-dump.ts';

/** A made-up server with on-demand iso content only: `units` units, dealt to `repositories` repositories. */
export function makeOnDemandServer(units: number, repositories: number): V2Database {
  const stamp = new Date('2020-07-13T10:00:00Z');
  const database = {
    repos: [] as Record<string, unknown>[],
    repo_importers: [] as Record<string, unknown>[],
    repo_distributors: [] as Record<string, unknown>[],
    repo_content_units: [] as Record<string, unknown>[],
    units_iso: [] as Record<string, unknown>[],
    lazy_content_catalog: [] as Record<string, unknown>[],
  };
  const importers = Array.from({ length: repositories }, () => new ObjectId());
  importers.forEach((importer, index) => {
    const repo_id = `repo-${index}`;
    const notes = { '_repo-type': 'iso-repo', team: 'base' };
    const counts = { iso: Math.ceil(units / repositories) };
    database.repos.push({
      _id: new ObjectId(),
      _ns: 'repos',
      repo_id,
      notes,
      scratchpad: {},
      content_unit_counts: counts,
      last_unit_added: stamp,
    });
    database.repo_importers.push({
      _id: importer,
      _ns: 'repo_importers',
      repo_id,
      importer_type_id: 'iso_importer',
      config: { feed: `http://localhost/upstream/${repo_id}/`, download_policy: 'on_demand' },
      last_updated: stamp,
      last_sync: '2020-07-13T10:00:00Z',
      last_override_config: {},
    });
    database.repo_distributors.push({
      _id: new ObjectId(),
      _ns: 'repo_distributors',
      repo_id,
      distributor_id: 'iso_distributor',
      auto_publish: true,
      distributor_type_id: 'iso_distributor',
      config: { serve_http: true, serve_https: true },
      scratchpad: {},
      last_updated: stamp,
      last_publish: stamp,
      last_override_config: {},
    });
  });
  for (let index = 0; index < units; index++) {
    const owner = index % repositories;
    const unit_id = randomUUID();
    const name = `file-${index}.iso`;
    const checksum = createHash('sha256').update(name).digest('hex');
    const path = `/var/lib/pulp/content/units/iso/${checksum.slice(0, 2)}/${checksum.slice(2)}`;
    database.units_iso.push({
      _id: unit_id,
      pulp_user_metadata: {},
      _last_updated: 1594634400,
      _storage_path: path,
      downloaded: false,
      name,
      checksum,
      size: 1024 + index,
      _ns: 'units_iso',
      _content_type_id: 'iso',
    });
    database.repo_content_units.push({
      _id: new ObjectId(),
      repo_id: `repo-${owner}`,
      unit_id,
      unit_type_id: 'iso',
      created: '2020-07-13T10:00:00Z',
      updated: '2020-07-13T10:00:00Z',
    });
    database.lazy_content_catalog.push({
      _id: new ObjectId(),
      _ns: 'lazy_content_catalog',
      path,
      importer_id: String(importers[owner]),
      unit_id,
      unit_type_id: 'iso',
      url: `http://localhost/upstream/repo-${owner}/${name}`,
      checksum,
      checksum_algorithm: 'sha256',
      revision: 1,
      data: {},
    });
  }
  return database;
}
