import { createDistribution, deleteDistribution, updateDistribution } from '../../src/core/distribution/transactor.ts';
import { distributorToPublisher } from '../../src/mapping/distributor.ts';
import type { DistributorMapping } from '../../src/mapping/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import type { JsonObject, V2App } from '../operation.ts';
import type { Distributor, ServedPath } from './distributors.ts';
import { freeName } from './names.ts';
import { type PathPlan, planPath, replaceAlias } from './published-paths.ts';
import type { RepositoryView } from './repositories.ts';
import { deleteSchedules, publishOwner } from './schedules.ts';

export type NewDistributor = {
  readonly id: string;
  readonly mapping: DistributorMapping;
  readonly config: JsonObject;
  readonly autoPublish: boolean;
};

/** Makes the publisher, the distribution and v2's own row. 400 when the path belongs to another repository. */
export async function createDistributor(v2: V2App, tx: Transaction, view: RepositoryView, wanted: NewDistributor) {
  const { mapping, config } = wanted;
  const plain = distributorToPublisher(mapping, config, view.name);
  const plan = await planPath(v2, tx, view, mapping, plain.distribution.base_path, null);
  const { publisher, kept, served, guarded } = distributorToPublisher(mapping, config, view.name, plan.basePath);
  const name = await freeName(tx, 'publisher', `${view.name}-${wanted.id}`);
  const { id: publisherId } = await tx.one<{ id: string }>(sql`
    insert into publisher (type, name, repository_id, autopublish, data)
    values (${publisher.type}, ${name}, ${view.id}, ${wanted.autoPublish}, ${JSON.stringify(publisher.data)}::jsonb)
    returning id`);
  const distributionId = await servePath(v2, tx, view, name, plan, served && !guarded ? publisherId : null);
  await tx.execute(sql`
    insert into v2_distributor (object_id, repository_id, distributor_id, distributor_type_id, publisher_id,
      distribution_id, kept)
    values (substr(replace(new_id()::text, '-', ''), 1, 24), ${view.id}, ${wanted.id}, ${mapping.v2_type},
      ${publisherId}, ${distributionId}, ${JSON.stringify(kept)}::jsonb)`);
}

/** The distribution at a planned path: a new one, or that of another distributor of the repository. */
async function servePath(
  v2: V2App,
  tx: Transaction,
  view: RepositoryView,
  wantedName: string,
  plan: PathPlan,
  publisherId: string | null,
): Promise<string> {
  if (plan.shared !== null) return plan.shared;
  const distribution = await createDistribution(tx, {
    type: v2.app.registry.repositoryType(view.type).distributionType,
    name: await freeName(tx, 'distribution', wantedName),
    base_path: plan.basePath,
    publisher_id: publisherId,
  });
  await replaceAlias(tx, distribution.id, plan.alias);
  return distribution.id;
}

/** Gives a distribution that v3 made a publisher and a row of its own, before the first write through v2. */
async function adopt(tx: Transaction, distributor: Distributor): Promise<Distributor> {
  if (distributor.rowId !== null) return distributor;
  const { repository, id, distribution, mapping, objectId } = distributor;
  const publisher = distributor.publisher ?? (await createPublisher(tx, distributor));
  const row = await tx.one<{ id: string }>(sql`
    insert into v2_distributor (object_id, repository_id, distributor_id, distributor_type_id, publisher_id,
      distribution_id, last_publish)
    values (${objectId}, ${repository.id}, ${id}, ${mapping.v2_type}, ${publisher.id}, ${distribution?.id ?? null},
      ${distributor.lastPublish})
    returning id`);
  if (distribution && !distribution.follows)
    await updateDistribution(tx, distribution.id, { publisher_id: publisher.id });
  return { ...distributor, rowId: row.id, publisher };
}

async function createPublisher(tx: Transaction, { repository, id, mapping }: Distributor) {
  const name = await freeName(tx, 'publisher', id);
  return tx.one<{ id: string; type: string }>(sql`
    insert into publisher (type, name, repository_id, data)
    values (${mapping.v3_type}, ${name}, ${repository.id}, ${JSON.stringify(mapping.publisher ?? {})}::jsonb)
    returning id, type`);
}

export type DistributorChange = { readonly config: JsonObject; readonly autoPublish: boolean };

/** Replaces config and auto_publish; the config is valid. 400 when the new path belongs to another repository. */
export async function changeDistributor(v2: V2App, tx: Transaction, found: Distributor, change: DistributorChange) {
  const distributor = await adopt(tx, found);
  const { mapping, repository, distribution, rowId } = distributor;
  const served =
    distribution?.follows || change.config.relative_url === distributor.config.relative_url
      ? distribution
      : await movePath(v2, tx, distributor, change.config);
  const translation = distributorToPublisher(mapping, change.config, repository.name, served?.base_path);
  if (served && !served.follows) {
    const isServed = translation.served && !translation.guarded;
    await serveBy(tx, served.id, isServed ? (distributor.publisher?.id ?? null) : null);
  }
  await setAutoPublish(tx, distributor, change.autoPublish);
  await tx.execute(sql`
    update v2_distributor set kept = ${JSON.stringify(translation.kept)}::jsonb, distribution_id = ${served?.id ?? null},
      last_updated = clock_timestamp()
    where id = ${rowId}`);
}

/** Nobody's publications are shown from then on when there is no publisher. */
async function serveBy(tx: Transaction, distributionId: string, publisherId: string | null): Promise<void> {
  const silenced = publisherId === null ? { publication_id: null } : {};
  await updateDistribution(tx, distributionId, { publisher_id: publisherId, ...silenced });
}

/** The distribution at a distributor's new path: its own one moves, unless other distributors have to do with it. */
async function movePath(v2: V2App, tx: Transaction, distributor: Distributor, config: JsonObject): Promise<ServedPath> {
  const { mapping, repository, distribution, rowId, publisher } = distributor;
  const wanted = distributorToPublisher(mapping, config, repository.name).distribution.base_path;
  const sharing = await tx.find(sql`
    select 1 as found from v2_distributor where distribution_id = ${distribution?.id ?? null} and id <> ${rowId}`);
  const own = sharing ? null : distribution;
  const plan = await planPath(v2, tx, repository, mapping, wanted, own?.id ?? null);
  if (own && plan.shared === null) {
    await updateDistribution(tx, own.id, { base_path: plan.basePath });
    await replaceAlias(tx, own.id, plan.alias);
    return { ...own, base_path: plan.basePath };
  }
  if (own) await deleteDistribution(tx, own.id);
  const name = `${repository.name}-${distributor.id}`;
  const id = await servePath(v2, tx, repository, name, plan, publisher?.id ?? null);
  return { id, base_path: plan.basePath, follows: false };
}

/** For what v3 set up to publish every new version, the repository's own switch is the one that counts. */
async function setAutoPublish(tx: Transaction, distributor: Distributor, wanted: boolean): Promise<void> {
  const { repository, publisher, distribution } = distributor;
  if (distribution?.follows) {
    await tx.execute(sql`
      update repository set data = data || jsonb_build_object('autopublish', ${wanted}::boolean),
        updated = clock_timestamp()
      where id = ${repository.id} and data ->> 'autopublish' is distinct from ${String(wanted)}`);
    return;
  }
  await tx.execute(sql`
    update publisher set autopublish = ${wanted}, updated = clock_timestamp()
    where id = ${publisher?.id ?? null} and autopublish <> ${wanted}`);
}

/** Takes a distributor away with what it published and its schedules. */
export async function removeDistributor(v2: V2App, tx: Transaction, distributor: Distributor): Promise<void> {
  const { distribution, publisher } = distributor;
  if (publisher) {
    await deleteSchedules(tx, publishOwner(v2, publisher));
    await tx.execute(sql`delete from publication where publisher_id = ${publisher.id}`);
    await tx.execute(sql`delete from publisher where id = ${publisher.id}`);
  }
  if (!distribution) return;
  const heir = await tx.find<{ publisher_id: string }>(
    sql`select publisher_id from v2_distributor where distribution_id = ${distribution.id} order by id limit 1`,
  );
  if (heir) await updateDistribution(tx, distribution.id, { publisher_id: heir.publisher_id });
  else await deleteDistribution(tx, distribution.id);
}

/** A row for what is about to be published; see `adopt`. */
export function prepareToPublish(tx: Transaction, distributor: Distributor): Promise<Distributor> {
  return adopt(tx, distributor);
}
