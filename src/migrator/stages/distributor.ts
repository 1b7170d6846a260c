import { createDistribution, updateDistribution } from '../../core/distribution/transactor.ts';
import { PulpError } from '../../core/errors.ts';
import { distributorToPublisher, type PublisherTranslation } from '../../mapping/distributor.ts';
import type { DistributorMapping } from '../../mapping/types.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { findMapped, fingerprintOf, remember } from '../id-map.ts';
import { objectId } from '../object-id.ts';
import type { RunContext } from '../run-context.ts';
import type { SetAsideRows } from '../set-aside-rows.ts';
import type { V2Document } from '../sources/source.ts';
import type { MovingRepository } from '../survey.ts';
import { createdOf, dateOf, objectOf, textOf, toJson } from '../values.ts';

type Work = {
  readonly tx: Transaction;
  readonly repository: MovingRepository;
  readonly repositoryId: string;
  readonly document: V2Document;
  readonly distributorId: string;
  readonly config: Record<string, unknown>;
  readonly mapping: DistributorMapping;
};

/** Makes or updates the publisher and the distribution that a distributor became, and what v2 clients know of it. */
export async function saveDistributor(
  tx: Transaction,
  context: RunContext,
  repository: MovingRepository,
  repositoryId: string,
  document: V2Document,
  setAside: SetAsideRows,
): Promise<void> {
  const v2Id = objectId(document);
  const type = textOf(document.distributor_type_id) ?? '';
  const item = { kind: 'distributor', v2_id: v2Id, repository: repository.id };
  const mapping = context.mappings.byDistributor(type)?.distributor;
  if (!mapping?.keys) return setAside.add({ ...item, reason: 'no_counterpart', detail: mapping?.dropped ?? type });
  const config = toJson(objectOf(document.config)) as Record<string, unknown>;
  const distributorId = textOf(document.distributor_id) ?? type;
  const work: Work = { tx, repository, repositoryId, document, distributorId, config, mapping };
  const wanted = distributorToPublisher(mapping, config, repository.id);
  if (wanted.guarded) setAside.note({ ...item, kind: 'distribution', reason: 'guarded' });

  const known = (await findMapped(tx, 'distributor', [v2Id])).get(v2Id);
  const fingerprint = fingerprintOf(toJson({ ...document, _ns: null }));
  const alive = known && (await tx.find(sql`select 1 as found from publisher where id = ${known.v3_id}`));
  if (alive && known.fingerprint === fingerprint) return;
  const publisherId = await savePublisher(work, alive ? known.v3_id : null, wanted);
  const place = wanted.guarded ? null : await saveDistribution(work, publisherId, wanted);
  if (place?.moved)
    setAside.note({ ...item, kind: 'distribution', reason: 'base_path_conflict', detail: place.base_path });
  await keepDates(work, publisherId);
  await saveV2Facts(work, v2Id, publisherId, place);
  await remember(tx, 'distributor', { v2_id: v2Id, v3_id: publisherId, fingerprint });
}

async function savePublisher(work: Work, existing: string | null, wanted: PublisherTranslation): Promise<string> {
  const { tx, document, repository, repositoryId } = work;
  const autopublish = document.auto_publish === true;
  const data = JSON.stringify(wanted.publisher.data);
  if (existing) {
    await tx.execute(sql`
      update publisher set autopublish = ${autopublish}, data = ${data}::jsonb, updated = clock_timestamp()
      where id = ${existing}`);
    return existing;
  }
  const name = `${repository.id}-${work.distributorId}`;
  const { id } = await tx.one<{ id: string }>(sql`
    insert into publisher (type, name, repository_id, autopublish, data)
    values (${wanted.publisher.type},
      case when exists (select from publisher where name = ${name}) then ${`${name}-${objectId(document)}`} else ${name} end,
      ${repositoryId}, ${autopublish}, ${data}::jsonb)
    returning id`);
  return id;
}

async function keepDates({ tx, document }: Work, publisherId: string): Promise<void> {
  const created = createdOf(document);
  if (created === null) return;
  await tx.execute(sql`update publisher set created = ${created}::timestamptz where id = ${publisherId}`);
  await tx.execute(sql`update distribution set created = ${created}::timestamptz where publisher_id = ${publisherId}`);
}

type Place = { readonly id: string; readonly base_path: string; readonly moved: boolean };

/** At the old path if it is free, else below the path of its family; v2's own URL stays the old one by an alias. */
async function saveDistribution(work: Work, publisherId: string, wanted: PublisherTranslation): Promise<Place | null> {
  const { tx, repository } = work;
  const { base_path } = wanted.distribution;
  const root = repository.family.repository.legacy_root.replaceAll(/^\/|\/$/g, '');
  const inFamily = `${root.split('/').at(-1)}/${base_path}`;
  const current = await tx.find<{ id: string; base_path: string }>(
    sql`select id, base_path from distribution where publisher_id = ${publisherId}`,
  );
  if (current?.base_path === base_path || current?.base_path === inFamily)
    return { ...current, moved: current.base_path === inFamily };
  for (const path of [base_path, inFamily]) {
    const id = await tryPath(work, publisherId, current?.id ?? null, path);
    if (id === null) continue;
    const moved = path !== base_path;
    if (moved) {
      await tx.execute(sql`
        insert into distribution_alias (path, distribution_id) values (${`${root}/${base_path}`}, ${id})
        on conflict do nothing`);
    }
    return { id, base_path: path, moved };
  }
  return null;
}

async function tryPath(work: Work, publisherId: string, existing: string | null, path: string): Promise<string | null> {
  const { tx, repository, mapping } = work;
  try {
    if (existing) return (await updateDistribution(tx, existing, { base_path: path })).id;
    const taken = await tx.find(sql`select 1 as found from distribution where name = ${repository.id}`);
    const name = taken ? `${repository.id}-${work.distributorId}-${publisherId.slice(-8)}` : repository.id;
    const fields = { type: mapping.v3_type ?? '', name, base_path: path, publisher_id: publisherId };
    return (await createDistribution(tx, { ...fields, ...SOURCELESS, data: {}, labels: {} })).id;
  } catch (error) {
    if (error instanceof PulpError && error.kind === 'validation') return null;
    throw error;
  }
}

const SOURCELESS = { repository_id: null, repository_version_id: null, publication_id: null };

async function saveV2Facts(work: Work, v2Id: string, publisherId: string, place: Place | null): Promise<void> {
  const { tx, document, config, repository, mapping } = work;
  // What v2 shows is derived from where it is served now.
  const { kept } = distributorToPublisher(mapping, config, repository.id, place?.base_path ?? repository.id);
  await tx.execute(sql`
    insert into v2_distributor (object_id, repository_id, distributor_id, distributor_type_id, publisher_id,
      distribution_id, kept, scratchpad, last_publish, last_override_config, last_updated)
    values (${v2Id}, ${work.repositoryId}, ${work.distributorId}, ${mapping.v2_type}, ${publisherId}, ${place?.id ?? null},
      ${JSON.stringify(kept)}::jsonb, ${JSON.stringify(toJson(objectOf(document.scratchpad)))}::jsonb,
      ${dateOf(document.last_publish)}::timestamptz, '{}',
      coalesce(${dateOf(document.last_updated)}::timestamptz, clock_timestamp()))
    on conflict (repository_id, distributor_id) do update set object_id = excluded.object_id,
      publisher_id = excluded.publisher_id, distribution_id = excluded.distribution_id, kept = excluded.kept,
      scratchpad = excluded.scratchpad, last_publish = excluded.last_publish, last_updated = excluded.last_updated`);
}
