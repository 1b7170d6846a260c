import type { PublisherRow } from '../../core/publisher/types.ts';
import { latestVersion } from '../../core/repository/reader.ts';
import { distributorToPublisher } from '../../mapping/distributor.ts';
import type { Mappings } from '../../mapping/load.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { remember } from '../id-map.ts';
import { inParallel } from '../in-parallel.ts';
import { objectId } from '../object-id.ts';
import type { RunContext } from '../run-context.ts';
import type { Survey } from '../survey.ts';
import { objectOf } from '../values.ts';

const CONCURRENCY = 3;

type Due = {
  object_id: string;
  repository_id: string;
  type: string;
  publisher_id: string;
  data: PublisherRow['data'];
  last_publish: string;
  fingerprint: string;
};

/** Publishes what the old server had published, through the plugin's own function, and keeps the old dates. */
export async function migratePublications(
  context: RunContext,
  survey: Survey,
  repositoryIds: readonly string[],
): Promise<void> {
  const unserved = unservedDistributors(survey, context.mappings);
  const due = await context.services.database.query<Due>(sql`
    select wanted.* from (
      select distributor.object_id, distributor.repository_id, repository.type, publisher.id as publisher_id, publisher.data,
        distributor.last_publish, coalesce(membership.fingerprint, '') || ' ' || publisher.data as fingerprint
      from v2_distributor distributor
      join repository on repository.id = distributor.repository_id
      join publisher on publisher.id = distributor.publisher_id
      left join migrated_object membership on membership.kind = 'membership' and membership.v2_id = repository.id::text
      where repository.id = any (${repositoryIds}::uuid[]) and distributor.last_publish is not null
        and distributor.distribution_id is not null and distributor.object_id <> all (${unserved}::text[])
        and exists (select from migrated_object where kind = 'distributor' and v2_id = distributor.object_id)
    ) wanted
    left join migrated_object known on known.kind = 'publication' and known.v2_id = wanted.object_id
    where known.fingerprint is distinct from wanted.fingerprint`);
  let done = 0;
  await inParallel(due, CONCURRENCY, async (one) => {
    context.signal.throwIfAborted();
    await publishOne(context, one);
    context.progress('publications', ++done, due.length, 0);
  });
}

async function publishOne(context: RunContext, due: Due): Promise<void> {
  const { services, registry, signal } = context;
  const version = await latestVersion(services.database, due.repository_id);
  const publisher = { id: due.publisher_id, data: due.data };
  const { id } = await registry.repositoryType(due.type).publishVersion(services, version, publisher, signal);
  await services.database.transaction(async (tx) => {
    await tx.execute(sql`update publication set created = ${due.last_publish}::timestamptz where id = ${id}`);
    await remember(tx, 'publication', { v2_id: due.object_id, v3_id: id, fingerprint: due.fingerprint });
  });
}

/** Distributors that say that nothing is to be served. */
function unservedDistributors(survey: Survey, mappings: Mappings): string[] {
  return [...survey.repositories.values()]
    .flatMap(({ id, distributors }) => {
      return distributors.filter((document) => {
        const mapping = mappings.byDistributor(String(document.distributor_type_id))?.distributor;
        return mapping?.keys !== undefined && !distributorToPublisher(mapping, objectOf(document.config), id).served;
      });
    })
    .map(objectId);
}
