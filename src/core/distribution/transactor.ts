import type { Queryable, Transaction } from '../../platform/postgres/database.ts';
import { insertRow, updateRow } from '../../platform/postgres/rows.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { invalidField, invalidFields, notFound } from '../errors.ts';
import type { DistributionRow } from './types.ts';

export type DistributionFields = Partial<Omit<DistributionRow, 'id' | 'created' | 'updated'>>;

/** 400 when the name or the base path is taken, or the path overlaps with another one's. */
export async function createDistribution(tx: Transaction, fields: DistributionFields): Promise<DistributionRow> {
  await assertBasePathFree(tx, fields.base_path ?? '', null);
  const distribution = await insertRow<DistributionRow>(tx, 'distribution', fields, 'name');
  if (!distribution) throw invalidField('name', 'This field must be unique.');
  return distribution;
}

/** Changes the given columns. 404 when it is gone, 400 as for creation. */
export async function updateDistribution(
  tx: Transaction,
  id: string,
  fields: DistributionFields,
): Promise<DistributionRow> {
  if (fields.base_path !== undefined) await assertBasePathFree(tx, fields.base_path, id);
  const distribution = await updateRow<DistributionRow>(tx, 'distribution', id, fields);
  if (!distribution) throw notFound('Distribution');
  return distribution;
}

export async function deleteDistribution(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.execute(sql`delete from distribution where id = ${id}`)) > 0;
}

/**
 * No base path may be another one, or a folder of one (v3-api.md 2.16; the texts as in corrections.md 2.7). Base paths
 * are locked against each other until the transaction ends.
 */
export async function assertBasePathFree(tx: Transaction, basePath: string, exceptId: string | null): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(85)`);
  const clash = await tx.find<{ base_path: string }>(sql`
    select base_path from distribution
    where id is distinct from ${exceptId}::uuid
      and (base_path = ${basePath} or starts_with(base_path, ${`${basePath}/`}) or starts_with(${basePath}, base_path || '/'))
    order by base_path = ${basePath} desc limit 1`);
  if (!clash) return;
  if (clash.base_path === basePath) throw invalidField('base_path', 'This field must be unique.');
  throw invalidFields({ base_path: { base_path: 'Overlaps with an existing distribution.' } });
}
