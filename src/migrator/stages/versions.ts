import { newVersion } from '../../core/repository/new-version.ts';
import { commitLater } from '../../platform/postgres/commit-later.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { remember } from '../id-map.ts';
import { inParallel } from '../in-parallel.ts';
import type { RunContext } from '../run-context.ts';
import { batchesByType, fillRepositories, type Membership } from './first-versions.ts';

/** Transactions at the same time; of each repository there is one. */
const CONCURRENCY = 3;

/**
 * Gives each of these repositories whose membership differs from that of the last run a version that mirrors it. What
 * clients did to a repository since then stays, as long as the source says the same as before.
 */
export async function migrateVersions(context: RunContext, repositoryIds: readonly string[]): Promise<void> {
  const changed = await context.services.database.query<Membership>(sql`
    select repository.id as repository_id, repository.type, coalesce(wanted.fingerprint, '') as fingerprint,
      coalesce(wanted.units, 0) as units, repository.next_version = 1 as fresh
    from repository left join (
      select repository_id, md5(string_agg(content_id::text, ',' order by content_id)) as fingerprint, count(*) as units
      from migration_member group by repository_id
    ) wanted on wanted.repository_id = repository.id
    left join migrated_object known on known.kind = 'membership' and known.v2_id = repository.id::text
    where repository.id = any (${repositoryIds}::uuid[])
      and coalesce(known.fingerprint, '') <> coalesce(wanted.fingerprint, '')
    order by repository.type, repository.name`);
  let done = 0;
  const tell = (repositories: number) => {
    done += repositories;
    context.progress('versions', done, changed.length, 0);
  };
  const left = changed.filter(({ fresh }) => !fresh);
  await inParallel(batchesByType(changed.filter(({ fresh }) => fresh)), CONCURRENCY, async (batch) => {
    context.signal.throwIfAborted();
    const keys = context.registry.repositoryKeys(batch[0]?.type ?? '');
    const later = await context.services.database.transaction((tx) => fillRepositories(tx, batch, keys));
    left.push(...later);
    tell(batch.length - later.length);
  });
  await inParallel(left, CONCURRENCY, async (membership) => {
    context.signal.throwIfAborted();
    await context.services.database.transaction((tx) => makeVersion(tx, context, membership));
    tell(1);
  });
}

async function makeVersion(tx: Transaction, context: RunContext, membership: Membership): Promise<void> {
  const { repository_id: repositoryId, fingerprint } = membership;
  await commitLater(tx);
  const before = await tx.one<{ added: string | null; removed: string | null }>(sql`
    select content_added_at as added, content_removed_at as removed from repository where id = ${repositoryId} for update`);
  const version = await newVersion(tx, repositoryId, {
    add: sql`select content_id from migration_member where repository_id = ${repositoryId}`,
    remove: sql`select id from content where false`,
    replaceAll: true,
    baseVersion: null,
    overwrite: true,
    keys: context.registry.repositoryKeys(membership.type),
    // What came into the repository years ago did not come today.
    since: sql`select content_id, created from migration_member where repository_id = ${repositoryId}`,
  });
  if (version) await keepDates(tx, repositoryId, version.id, before);
  await remember(tx, 'membership', { v2_id: repositoryId, v3_id: repositoryId, fingerprint });
}

async function keepDates(
  tx: Transaction,
  repositoryId: string,
  versionId: string,
  before: { added: string | null; removed: string | null },
): Promise<void> {
  const { added } = await tx.one<{ added: string | null }>(sql`
    select coalesce(${before.added}::timestamptz, max(created)) as added
    from migration_member where repository_id = ${repositoryId}`);
  await tx.execute(sql`
    update repository set content_added_at = ${added}::timestamptz, content_removed_at = ${before.removed}::timestamptz
    where id = ${repositoryId}`);
  await tx.execute(sql`
    update repository_version set created = ${added}::timestamptz
    where id = ${versionId} and ${added}::timestamptz is not null`);
}
