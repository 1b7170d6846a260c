import type { Mappings } from '../../mapping/load.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { familyByContent, type Survey } from '../survey.ts';

/** Gives repositories of which nothing told the kind the family of their content; the rest of them stays behind. */
export async function resolveByContent(tx: Transaction, survey: Survey, mappings: Mappings): Promise<Survey> {
  const open = [...survey.repositories.values()].filter((repository) => repository.reason === 'no_type');
  const rows = await tx.query<{ repo_id: string; types: string[] }>(sql`
    select repo_id, array_agg(distinct type) as types from migration_association
    where repo_id = any (${open.map(({ id }) => id)}::text[]) group by repo_id`);
  const repositories = new Map(survey.repositories);
  for (const { repo_id, types } of rows) {
    const repository = repositories.get(repo_id);
    const family = familyByContent(types, mappings);
    if (repository && family) repositories.set(repo_id, { ...repository, family, reason: null });
  }
  const lost = open.map(({ id }) => id).filter((id) => repositories.get(id)?.reason === 'no_type');
  await tx.execute(sql`
    update migration_association set reason = 'repository_set_aside'
    where reason is null and repo_id = any (${lost}::text[])`);
  return { ...survey, repositories };
}
