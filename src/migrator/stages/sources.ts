import { importerToRemote, type RemoteFields } from '../../mapping/importer.ts';
import type { FamilyMapping } from '../../mapping/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { objectId } from '../object-id.ts';
import { makeFeedRewriter, rewriteFeed } from '../plan/plan-file.ts';
import type { RunContext } from '../run-context.ts';
import type { Survey } from '../survey.ts';
import { objectOf, toJson } from '../values.ts';
import { saveRemote } from './remote.ts';

/** Tells of every migrated unit where its bytes can be had: the newest entry of each importer's catalogue. */
export async function migrateSources(context: RunContext, survey: Survey): Promise<void> {
  await makeMissingRemotes(context, survey);
  await context.services.database.transaction(async (tx) => {
    // The planner takes id and path for independent, expects one row, and may compare all pairs of units and remotes.
    await tx.execute(sql`set local enable_nestloop = off`);
    await tx.execute(sql`
      insert into remote_artifact (content_artifact_id, remote_id, url, size, md5, sha1, sha224, sha256, sha384, sha512)
      select distinct on (path.id, remote.id) path.id, remote.id, entry.url, unit.size,
        ${digest('md5')}, ${digest('sha1')}, ${digest('sha224')}, unit.sha256, ${digest('sha384')}, ${digest('sha512')}
      from migration_unit unit
      join migration_catalogue entry on entry.unit_id = unit.id and entry.url <> ''
      join content_artifact path on path.content_id = unit.content_id and path.relative_path = unit.relative_path
      join migrated_object known on known.kind = 'remote' and known.v2_id = entry.importer_id
      join remote on remote.id = known.v3_id
      where unit.content_id is not null
      order by path.id, remote.id, entry.revision desc
      on conflict (content_artifact_id, remote_id) do update set url = excluded.url, failed_at = null
      where remote_artifact.url <> excluded.url`);
  });
  context.progress('sources', 1, 1, 0);
}

function digest(name: 'md5' | 'sha1' | 'sha224' | 'sha384' | 'sha512') {
  return sql`case entry.digest_name when ${name} then lower(entry.digest) end`;
}

/**
 * Importers that the catalogue names but no repository brought along (left out by the plan, deleted, without feed) get a
 * remote of their own, so that nothing on demand is lost (migration.md 1.10 #7).
 */
async function makeMissingRemotes(context: RunContext, survey: Survey): Promise<void> {
  const { database, secrets } = context.services;
  const missing = await database.query<{ importer_id: string; url: string; type: string }>(sql`
    select entry.importer_id, min(entry.url) as url, min(unit.type) as type
    from migration_catalogue entry join migration_unit unit on unit.id = entry.unit_id
    where unit.content_id is not null and entry.url <> '' and not exists (
      select from migrated_object known join remote on remote.id = known.v3_id
      where known.kind = 'remote' and known.v2_id = entry.importer_id)
    group by entry.importer_id`);
  if (missing.length === 0) return;
  const known = new Map(
    [...survey.repositories.values()].flatMap(({ id, importers }) =>
      importers.map((entry) => [objectId(entry), { id, entry }]),
    ),
  );
  for (const { importer_id: importerId, url, type } of missing) {
    const family = context.mappings.byUnit(type)?.family;
    if (!family) continue;
    const owner = known.get(importerId);
    const config = owner
      ? rewriteFeed(toJson(objectOf(owner.entry.config)) as Record<string, unknown>, makeFeedRewriter(context.plan))
      : {};
    const remote =
      remoteFor(family, config) ?? remoteFor(family, { feed: folderOf(url), download_policy: 'on_demand' });
    if (!remote) continue;
    const name = owner?.id ?? `pulp2-importer-${importerId}`;
    await database.transaction((tx) => saveRemote(tx, secrets, family.importer.v3_type, importerId, name, remote));
  }
}

function remoteFor(family: FamilyMapping, config: Record<string, unknown>): RemoteFields | null {
  return importerToRemote(family.importer, config).remote;
}

function folderOf(url: string): string {
  const path = url.replace(/[?#].*$/, '');
  return path.slice(0, path.lastIndexOf('/') + 1);
}
