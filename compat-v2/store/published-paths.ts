import type { DistributorMapping } from '../../src/mapping/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { dataError } from '../errors.ts';
import type { V2App } from '../operation.ts';
import type { RepositoryView } from './repositories.ts';

/** Where a distributor's files are to be found. */
export type PathPlan = {
  readonly basePath: string;
  /** A further URL path, as distribution_alias holds it; null: the base path is enough. */
  readonly alias: string | null;
  /** Of a distribution of the same repository that serves the path already. */
  readonly shared: string | null;
};

type Rival = { id: string; base_path: string; repository_id: string | null; repository: string | null };

/**
 * The path for a relative_url. Two distributors of one repository may have the same one; that of another repository is
 * refused as in v2 (v2-plugins.md 1.6.1, "conflict rule"). When only a distribution of v3 is in the way, the files lie
 * beside it and an alias keeps the URL that v2 hosts know.
 */
export async function planPath(
  v2: V2App,
  tx: Transaction,
  view: RepositoryView,
  mapping: DistributorMapping,
  wanted: string,
  ownDistribution: string | null,
): Promise<PathPlan> {
  const root = legacyRoot(v2, mapping);
  const rivals = await findRivals(tx, wanted, `${root}${wanted}`, ownDistribution);
  const own = rivals.find((rival) => rival.repository_id === view.id);
  if (own && pathOf(own, root) === wanted) return { basePath: own.base_path, alias: null, shared: own.id };
  const other = rivals.find(({ repository_id }) => repository_id !== null && repository_id !== view.id);
  if (other) {
    throw dataError(
      `Relative URL [${wanted}] for repository [${view.name}] conflicts with existing relative URL ` +
        `[${pathOf(other, root)}] for repository [${other.repository}]`,
    );
  }
  if (rivals.length === 0) return { basePath: wanted, alias: null, shared: null };
  return { basePath: `${root.split('/').at(-2)}/${wanted}`, alias: `${root}${wanted}`, shared: null };
}

/** "pulp/isos/": without the slash in front. */
function legacyRoot({ mappings }: V2App, mapping: DistributorMapping): string {
  const family = mappings.byDistributor(mapping.v2_type)?.family;
  return family?.repository.legacy_root.slice(1) ?? '';
}

function pathOf(rival: Rival, root: string): string {
  const folder = `${root.split('/').at(-2)}/`;
  return rival.repository_id !== null && rival.base_path.startsWith(folder)
    ? rival.base_path.slice(folder.length)
    : rival.base_path;
}

/** Distributions at, above or below a path; with the repository for those that belong to a distributor. */
function findRivals(tx: Transaction, wanted: string, alias: string, except: string | null): Promise<Rival[]> {
  return tx.query<Rival>(sql`
    select s.id, s.base_path, d.repository_id, r.name as repository
    from distribution s left join v2_distributor d on d.distribution_id = s.id
    left join repository r on r.id = d.repository_id
    where s.id is distinct from ${except}::uuid and (
      s.base_path = ${wanted} or starts_with(s.base_path, ${`${wanted}/`}) or starts_with(${wanted}, s.base_path || '/')
      or exists (select from distribution_alias a where a.distribution_id = s.id and a.path = ${alias}))
    order by d.repository_id is null, s.id`);
}

/** Sets the one alias that a distributor may have. */
export async function replaceAlias(tx: Transaction, distributionId: string, path: string | null): Promise<void> {
  await tx.execute(sql`delete from distribution_alias where distribution_id = ${distributionId}`);
  if (path === null) return;
  await tx.execute(sql`insert into distribution_alias (path, distribution_id) values (${path}, ${distributionId})`);
}
