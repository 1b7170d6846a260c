import { firstVersions } from '../../core/repository/first-versions.ts';
import type { RepositoryKey } from '../../core/repository/types.ts';
import { commitLater } from '../../platform/postgres/commit-later.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

/** What a repository shall hold: `fingerprint` of all its units, and how many they are. */
export type Membership = {
  readonly repository_id: string;
  readonly type: string;
  readonly fingerprint: string;
  readonly units: number;
  /** It never held anything. */
  readonly fresh: boolean;
};

/** Units in a transaction: the server remembers every row until the constraints are checked at its end. */
const BATCH = 20_000;

/** Repositories of one type, together, as many as go into a transaction. */
export function* batchesByType(memberships: readonly Membership[]): Generator<Membership[]> {
  let batch: Membership[] = [];
  let units = 0;
  for (const membership of memberships) {
    if (batch.length > 0 && (units + membership.units > BATCH || batch[0]?.type !== membership.type)) {
      yield batch;
      batch = [];
      units = 0;
    }
    batch.push(membership);
    units += membership.units;
  }
  if (batch.length > 0) yield batch;
}

/** Fills empty repositories of one type. Returns those that are not empty any more, untouched. */
export async function fillRepositories(
  tx: Transaction,
  batch: readonly Membership[],
  keys: readonly RepositoryKey[],
): Promise<Membership[]> {
  await commitLater(tx);
  const ids = batch.map((membership) => membership.repository_id);
  const before = await tx.query<{ id: string; added: string | null }>(sql`
    select id, content_added_at as added from repository where id = any (${ids}::uuid[]) order by id for update`);
  const content = sql`select repository_id, content_id, created from migration_member
    where repository_id = any (${ids}::uuid[])`;
  const made = new Set(await firstVersions(tx, ids, content, keys));
  await keepDates(
    tx,
    before.filter(({ id }) => made.has(id)),
  );
  await rememberAll(
    tx,
    batch.filter((membership) => made.has(membership.repository_id)),
  );
  return batch.filter((membership) => !made.has(membership.repository_id));
}

/** When content came last is what the source says, or else when the newest unit came. */
async function keepDates(tx: Transaction, before: readonly { id: string; added: string | null }[]): Promise<void> {
  const ids = before.map(({ id }) => id);
  await tx.execute(sql`
    update repository set content_added_at = coalesce(before.added, newest.created)
    from unnest(${ids}::uuid[], ${before.map(({ added }) => added)}::timestamptz[]) before (id, added)
    left join (
      select repository_id, max(created) as created from migration_member
      where repository_id = any (${ids}::uuid[]) group by repository_id
    ) newest on newest.repository_id = before.id
    where repository.id = before.id`);
  await tx.execute(sql`
    update repository_version version set created = repository.content_added_at from repository
    where repository.id = version.repository_id and repository.id = any (${ids}::uuid[])
      and version.number = 1 and repository.content_added_at is not null`);
}

async function rememberAll(tx: Transaction, memberships: readonly Membership[]): Promise<void> {
  await tx.execute(sql`
    insert into migrated_object (kind, v2_id, v3_id, fingerprint)
    select 'membership', id::text, id, fingerprint
    from unnest(${memberships.map((membership) => membership.repository_id)}::uuid[],
      ${memberships.map(({ fingerprint }) => fingerprint)}::text[]) membership (id, fingerprint)
    on conflict (kind, v2_id) do update set v3_id = excluded.v3_id, fingerprint = excluded.fingerprint`);
}
