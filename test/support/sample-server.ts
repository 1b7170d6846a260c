import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ObjectId } from 'bson';
import type { V2Database } from './v2-dump.ts';

const STORAGE = '/var/lib/pulp';
const STAMP = new Date('2020-07-13T10:00:00Z');
const TIME = '2020-07-13T10:00:00Z';

/** A small, healthy Pulp 2: two repositories of downloaded files, one of them published, and one file lost on disk. */
export function makeSampleServer(contentRoot: string): V2Database {
  const database: V2Database = {
    repos: [],
    repo_importers: [],
    repo_distributors: [],
    repo_content_units: [],
    units_iso: [],
    lazy_content_catalog: [],
    migration_trackers: [{ _id: new ObjectId(), name: 'pulp.server.db.migrations', version: 30 }],
  };
  addRepository(database, 'old-tools', ['hammer.iso', 'saw.iso', 'lost.iso'], contentRoot);
  addRepository(database, 'old-docs', ['manual.pdf'], contentRoot);
  return database;
}

function addRepository(database: V2Database, repoId: string, names: readonly string[], contentRoot: string): void {
  database.repos?.push({
    _id: new ObjectId(),
    _ns: 'repos',
    repo_id: repoId,
    display_name: `The ${repoId}`,
    notes: { '_repo-type': 'iso-repo', team: 'base' },
    scratchpad: {},
    content_unit_counts: { iso: names.length },
    last_unit_added: STAMP,
  });
  const common = { repo_id: repoId, last_updated: STAMP, last_override_config: {}, scratchpad: {} };
  database.repo_importers?.push({
    _id: new ObjectId(),
    _ns: 'repo_importers',
    ...common,
    importer_type_id: 'iso_importer',
    config: { feed: `http://127.0.0.1:8899/${repoId}/`, download_policy: 'immediate' },
    last_sync: TIME,
  });
  database.repo_distributors?.push({
    _id: new ObjectId(),
    _ns: 'repo_distributors',
    ...common,
    distributor_id: 'iso_distributor',
    distributor_type_id: 'iso_distributor',
    auto_publish: true,
    config: { relative_url: repoId, serve_http: true, serve_https: true },
    last_publish: STAMP,
  });
  for (const name of names) addUnit(database, repoId, name, contentRoot);
}

function addUnit(database: V2Database, repoId: string, name: string, contentRoot: string): void {
  const bytes = Buffer.from(`${name} of ${repoId}\n`.repeat(40));
  const checksum = createHash('sha256').update(bytes).digest('hex');
  const key = createHash('sha256').update(`checksum${checksum}name${name}size${bytes.length}`).digest('hex');
  const path = `${STORAGE}/content/units/iso/${key.slice(0, 2)}/${key.slice(2)}/${name}`;
  const id = randomUUID();
  database.units_iso?.push({
    _id: id,
    _ns: 'units_iso',
    _content_type_id: 'iso',
    _last_updated: STAMP.getTime() / 1000,
    _storage_path: path,
    downloaded: true,
    pulp_user_metadata: {},
    name,
    checksum,
    size: bytes.length,
  });
  database.repo_content_units?.push({
    _id: new ObjectId(),
    repo_id: repoId,
    unit_id: id,
    unit_type_id: 'iso',
    created: TIME,
    updated: TIME,
  });
  if (name.startsWith('lost')) return;
  const file = join(contentRoot, path.slice(STORAGE.length));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}
