import { createHash, randomUUID } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Long, ObjectId } from 'bson';
import type { V2Database } from './v2-dump.ts';

const STORAGE = '/var/lib/pulp';

export type MadeUnit = { id: string; name: string; checksum: string; bytes: Buffer; path: string };

/**
 * A made-up Pulp 2 with every irregularity of migration.md 1.10 that file content can have, and the files to it. What is
 * wrong stands in the units' names.
 */
export async function makeMessyServer(contentRoot: string) {
  const database: V2Database = {
    repos: [],
    repo_importers: [],
    repo_distributors: [],
    repo_content_units: [],
    units_iso: [],
    units_rpm: [],
    lazy_content_catalog: [],
    repo_sync_results: [],
    repo_publish_results: [],
    scheduled_calls: [],
    migration_trackers: [{ _id: new ObjectId(), name: 'pulp.server.db.migrations', version: 30 }],
    consumers: [{ _id: new ObjectId(), id: 'host1' }],
  };
  const add = (collection: string, document: Record<string, unknown>) => database[collection]?.push(document);
  const files: [string, Buffer][] = [];

  function repository(repo_id: string, fields: Record<string, unknown> = {}): void {
    add('repos', {
      _id: new ObjectId(),
      _ns: 'repos',
      repo_id,
      notes: { '_repo-type': 'iso-repo' },
      scratchpad: {},
      ...fields,
    });
  }
  function importer(repo_id: string, config: Record<string, unknown>, type = 'iso_importer'): ObjectId {
    const _id = new ObjectId();
    const last_updated = new Date('2019-05-05T05:05:05.678Z');
    add('repo_importers', {
      _id,
      _ns: 'repo_importers',
      repo_id,
      importer_type_id: type,
      config,
      last_updated,
      last_sync: '2019-10-31T18:32:27Z',
      last_override_config: {},
      scratchpad: { seen: 1 },
    });
    return _id;
  }
  function distributor(repo_id: string, config: Record<string, unknown>, fields: Record<string, unknown> = {}): void {
    add('repo_distributors', {
      _id: new ObjectId(),
      _ns: 'repo_distributors',
      repo_id,
      distributor_id: 'iso_distributor',
      distributor_type_id: 'iso_distributor',
      config,
      auto_publish: true,
      scratchpad: {},
      last_override_config: {},
      last_updated: new Date('2019-05-05T05:05:05.678Z'),
      last_publish: new Date('2019-10-31T18:32:35.749Z'),
      ...fields,
    });
  }
  function unit(
    name: string,
    fields: Record<string, unknown> = {},
    onDisk: Buffer | null | undefined = undefined,
  ): MadeUnit {
    const bytes = Buffer.from(`the bytes of ${name} ${JSON.stringify(fields)}`);
    const checksum = createHash('sha256').update(bytes).digest('hex');
    const base = createHash('sha256').update(`checksum${checksum}name${name}size${bytes.length}`).digest('hex');
    const folder = `${STORAGE}/content/units/iso/${base.slice(0, 2)}/${base.slice(2)}`;
    const path = fields.downloaded === false ? folder : `${folder}/${name.split('/').at(-1)}`;
    const id = randomUUID();
    add('units_iso', {
      _id: id,
      _ns: 'units_iso',
      _content_type_id: 'iso',
      _last_updated: 1572546746,
      _storage_path: path,
      name,
      checksum,
      size: bytes.length,
      downloaded: true,
      pulp_user_metadata: {},
      ...fields,
    });
    const file = onDisk === undefined ? bytes : onDisk;
    if (file) files.push([`${folder}/${name.split('/').at(-1)}`, file]);
    return { id, name, checksum, bytes, path };
  }
  function associate(repo_id: string, unit_id: string, unit_type_id = 'iso', created = '2019-10-31T18:32:26Z'): void {
    add('repo_content_units', { _id: new ObjectId(), repo_id, unit_id, unit_type_id, created, updated: created });
  }
  function catalogue(made: MadeUnit, importerId: ObjectId, url: string, revision = 1): void {
    add('lazy_content_catalog', {
      _id: new ObjectId(),
      _ns: 'lazy_content_catalog',
      path: made.path,
      importer_id: String(importerId),
      unit_id: made.id,
      unit_type_id: 'iso',
      url,
      checksum: made.checksum,
      checksum_algorithm: 'sha256',
      revision,
      data: {},
    });
  }

  // zoo: downloaded content, most of it in trouble; a distributor of its own path, credentials in the feed.
  repository('zoo', {
    display_name: 'The zoo',
    description: 'All animals',
    notes: { '_repo-type': 'iso-repo', owner: 'me' },
    scratchpad: { private: Long.fromString('9007199254740993') },
    last_unit_added: new Date('2019-10-31T18:32:27.811Z'),
  });
  const zooImporter = importer('zoo', {
    feed: 'https://us%40er:p%3Aw@old.example/zoo',
    max_downloads: '3',
    max_speed: 5,
  });
  distributor('zoo', { relative_url: '/animals//', serve_http: true });
  const good = unit('good.iso', { pulp_user_metadata: { build: 7 } });
  const units = {
    good,
    nested: unit('dir/nested.iso', { downloaded: undefined }),
    missing: unit('missing.iso', {}, null),
    short: unit('short.iso', {}, Buffer.from('short')),
    wrong: unit('wrong.iso', { _last_updated: 5 }, Buffer.alloc(0)),
    fallback: unit('fallback.iso', {}, null),
    older: unit('rival.iso', { _last_updated: 1500000000 }),
    newer: unit('rival.iso', { _last_updated: 1600000000 }),
    evil: unit('../evil.iso', {}, null),
    manifest: unit('PULP_MANIFEST', {}, null),
    incomplete: unit('incomplete.iso', { checksum: null }, null),
    linked: unit('linked.iso', {}, null),
    escaping: unit('escaping.iso', {}, null),
    lazy: unit('lazy.iso', { downloaded: false }, null),
    arrived: unit('arrived.iso', { downloaded: false }),
    lost: unit('lost.iso', { downloaded: false }, null),
    dangling: unit('stray-importer.iso', { downloaded: false }, null),
    orphan: unit('orphan.iso'),
  };
  // A file of the right size with wrong bytes.
  const wrongBytes = Buffer.alloc(units.wrong.bytes.length, 'x');
  files.forEach((file) => {
    if (file[0].endsWith('/wrong.iso')) file[1] = wrongBytes;
  });
  const { lazy, arrived, lost, dangling, orphan: _orphan, ...zooUnits } = units;
  for (const made of Object.values(zooUnits)) associate('zoo', made.id);
  associate('zoo', good.id);
  associate('zoo', randomUUID());
  associate('gone', good.id);
  associate('zoo', randomUUID(), 'rpm');
  catalogue(units.fallback, zooImporter, 'https://old.example/zoo/fallback.iso');

  // lazy: never downloaded, on a schedule.
  repository('lazy', { last_unit_added: new Date('2019-10-31T18:32:40Z') });
  const lazyImporter = importer('lazy', { feed: 'https://old.example/lazy/', download_policy: 'background' });
  distributor('lazy', {}, { auto_publish: false });
  for (const made of [lazy, arrived, lost, dangling]) associate('lazy', made.id, 'iso', '2018-01-02T03:04:05Z');
  catalogue(lazy, lazyImporter, 'https://old.example/lazy/old-name.iso', 1);
  catalogue(lazy, lazyImporter, 'https://old.example/lazy/lazy.iso', 2);
  catalogue(dangling, new ObjectId(), 'https://elsewhere.example/x/stray-importer.iso');
  add('scheduled_calls', {
    _id: new ObjectId(),
    _ns: 'scheduled_calls',
    iso_schedule: 'R5/2019-01-01T03:00:00Z/P1D',
    enabled: true,
    task: 'pulp.server.controllers.repository.queue_sync_with_auto_publish',
    resource: 'pulp:importer:lazy:iso_importer',
    args: ['lazy'],
    kwargs: { overrides: {} },
    failure_threshold: null,
    consecutive_failures: 0,
    remaining_runs: 5,
    first_run: '2019-01-01T03:00:00Z',
    last_run_at: null,
    total_run_count: 0,
    last_updated: 1572546746.5,
    principal: '(pickled)',
    schedule: '(pickled)',
  });
  add('repo_sync_results', {
    _id: new ObjectId(),
    id: 'x',
    _ns: 'repo_sync_results',
    repo_id: 'lazy',
    importer_id: 'iso_importer',
    importer_type_id: 'iso_importer',
    started: '2019-10-31T18:32:25Z',
    completed: '2019-10-31T18:32:39Z',
    result: 'success',
    added_count: 4,
    removed_count: 0,
    updated_count: 0,
    summary: { state: 'complete' },
    details: null,
    error_message: null,
    exception: null,
    traceback: null,
  });
  add('repo_publish_results', {
    _id: new ObjectId(),
    id: 'y',
    _ns: 'repo_publish_results',
    repo_id: 'lazy',
    distributor_id: 'iso_distributor',
    distributor_type_id: 'iso_distributor',
    started: '2019-10-31T18:32:35Z',
    completed: new Date('2019-10-31T18:32:35.749Z'),
    result: 'success',
    summary: { state: 'complete' },
    details: null,
    error_message: null,
    exception: null,
    traceback: null,
  });

  // bare: nothing but content; nofeed: an importer without feed; guarded; unpublished; another family.
  repository('bare', { notes: {} });
  associate('bare', good.id);
  repository('nofeed');
  importer('nofeed', { max_downloads: 3, basic_auth_password: 'shrouded' });
  repository('guarded');
  distributor('guarded', { ssl_auth_ca_cert: '-----BEGIN CERTIFICATE-----' });
  associate('guarded', good.id);
  repository('odd..Name_-1', {});
  distributor('odd..Name_-1', {}, { last_publish: undefined });
  repository('rpms', { notes: { '_repo-type': 'rpm-repo' } });
  importer('rpms', { feed: 'https://old.example/rpms/' }, 'yum_importer');
  add('units_rpm', { _id: randomUUID(), name: 'bear' });
  associate('rpms', String(database.units_rpm?.[0]?._id), 'rpm');
  repository('nothing', { notes: {} });

  for (const [path, bytes] of files) {
    const target = join(contentRoot, path.slice(STORAGE.length));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
  }
  await link(contentRoot, units.linked.path, '/var/lib/pulp/elsewhere/linked.iso');
  await mkdir(join(contentRoot, 'elsewhere'), { recursive: true });
  await writeFile(join(contentRoot, 'elsewhere', 'linked.iso'), units.linked.bytes);
  await link(contentRoot, units.escaping.path, '/etc/passwd');
  return { database, units };
}

async function link(contentRoot: string, path: string, target: string): Promise<void> {
  const place = join(contentRoot, path.slice(STORAGE.length));
  await mkdir(dirname(place), { recursive: true });
  await symlink(target, place);
}
