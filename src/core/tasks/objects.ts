import type { Transaction } from '../../platform/postgres/database.ts';
import { type ColumnValues, insertRow, updateRow } from '../../platform/postgres/rows.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';
import { forgetRoles, giveOwnerRole } from '../access/roles.ts';
import { assertNoAcsUses, createAcs, releaseAcs, updateAcs } from '../acs/transactor.ts';
import { createDistribution, updateDistribution } from '../distribution/transactor.ts';
import { invalidField, notFound } from '../errors.ts';
import { retainCheckpoints } from '../publication/serve.ts';
import { createRemote, updateRemote } from '../remote/transactor.ts';
import { applyRetention } from '../repository/retention.ts';
import { createRepository } from '../repository/transactor.ts';
import type { Services } from '../services.ts';
import type { Json } from '../task/types.ts';

/** Kinds of objects that are made, changed and deleted as single rows. */
export type ObjectKind = 'repository' | 'remote' | 'publisher' | 'distribution' | 'guard' | 'publication' | 'acs';

/** Column values; `data` holds the plugin's members. */
export type Columns = { [column: string]: Json };

const TABLES: Record<ObjectKind, string> = {
  repository: 'repository',
  remote: 'remote',
  publisher: 'publisher',
  distribution: 'distribution',
  guard: 'content_guard',
  publication: 'publication',
  acs: 'alternate_content_source',
};

/** Makes an object; 400 when its name or path is taken. Who makes it owns it. Returns its id. */
export async function createObject(
  tx: Transaction,
  services: Services,
  object: { kind: ObjectKind; type: string; columns: Columns },
  createdBy: number | null,
): Promise<string> {
  const id = await insertObject(tx, services, object);
  const model = services.models.get(object.kind, object.type);
  if (createdBy !== null) await giveOwnerRole(tx, model.label, `prn:${model.label}:${id}`, createdBy);
  return id;
}

async function insertObject(
  tx: Transaction,
  services: Services,
  { kind, type, columns }: { kind: ObjectKind; type: string; columns: Columns },
): Promise<string> {
  const values = { ...columns, type } as never;
  if (kind === 'repository') return (await createRepository(tx, { ...REPOSITORY, ...(values as object) } as never)).id;
  if (kind === 'remote') return (await createRemote(tx, services.secrets, values)).id;
  if (kind === 'distribution') return (await createDistribution(tx, values)).id;
  if (kind === 'acs') return (await createAcs(tx, values)).id;
  const row = await insertRow<{ id: string }>(tx, TABLES[kind], values, 'name');
  if (!row) throw invalidField('name', 'This field must be unique.');
  return row.id;
}

const REPOSITORY = {
  description: null,
  labels: {},
  retain_repo_versions: null,
  retain_checkpoints: null,
  remote_id: null,
  data: {},
};

/** Changes columns of an object; what is given of `data` is merged into what is there. 404 when it is gone. */
export async function updateObject(
  tx: Transaction,
  services: Services,
  kind: ObjectKind,
  id: string,
  columns: Columns,
): Promise<void> {
  const values: ColumnValues = { ...columns };
  if (columns.data !== undefined) {
    const table = identifier(TABLES[kind]);
    const row = await tx.find<{ data: Columns }>(sql`select data from ${table} where id = ${id} for update`);
    values.data = { ...row?.data, ...(columns.data as Columns) };
  }
  if (kind === 'remote') await updateRemote(tx, services.secrets, id, values);
  else if (kind === 'distribution') await updateDistribution(tx, id, values);
  else if (kind === 'acs') await updateAcs(tx, id, values);
  else if (!(await updateRow(tx, TABLES[kind], id, values))) throw notFound(kind);
  if (kind !== 'repository') return;
  const { retain_repo_versions: versions, retain_checkpoints: checkpoints } = columns;
  if (typeof versions === 'number') await applyRetention(tx, id, versions);
  if (typeof checkpoints === 'number') await retainCheckpoints(tx, id, checkpoints);
}

/** Deletes an object with everything that belongs to it. Returns the numbers of rows by model (corrections.md 3.6). */
export async function deleteObject(
  tx: Transaction,
  services: Services,
  kind: ObjectKind,
  id: string,
): Promise<Record<string, number>> {
  const counts = await prepareDelete(tx, services, kind, id);
  const row = await tx.find<{ type: string }>(
    sql`delete from ${identifier(TABLES[kind])} where id = ${id} returning type`,
  );
  if (!row) return {};
  const model = services.models.get(kind, row.type);
  const [app = ''] = model.label.split('.');
  const roles = await forgetRoles(tx, `prn:${model.label}:${id}`);
  return {
    ...counts,
    ...(roles > 0 && { 'core.UserRole': roles }),
    [`core.${PARENTS[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1)}`]: 1,
    [`${app}.${model.name}`]: 1,
  };
}

/** Model that all types of a kind share, where it is not called like the kind. */
const PARENTS: Partial<Record<ObjectKind, string>> = { acs: 'AlternateContentSource' };

/** Sees to what an object holds before it goes. Returns the numbers of other rows that go with it, by model. */
async function prepareDelete(
  tx: Transaction,
  services: Services,
  kind: ObjectKind,
  id: string,
): Promise<Record<string, number>> {
  if (kind === 'repository') return countRepository(tx, id);
  if (kind === 'remote') await assertNoAcsUses(tx, services.models, id);
  if (kind !== 'acs') return {};
  const repositories = await releaseAcs(tx, id);
  return repositories > 0 ? { 'core.Repository': repositories } : {};
}

async function countRepository(tx: Transaction, id: string): Promise<Record<string, number>> {
  const { versions, publications } = await tx.one<{ versions: number; publications: number }>(sql`
    select count(distinct version.id) as versions, count(publication.id) as publications
    from repository_version version left join publication on publication.repository_version_id = version.id
    where version.repository_id = ${id}`);
  return { 'core.RepositoryVersion': versions, ...(publications > 0 && { 'core.Publication': publications }) };
}
