import { createInterface } from 'node:readline';
import { contentOfVersion } from '../../core/repository/membership.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { VerifyContext, VerifyProblem } from './types.ts';

type Served = {
  base_path: string;
  name: string;
  repository_id: string;
  number: number | null;
  pass_through: boolean | null;
  manifest: string | null;
  sha256: string | null;
};

/**
 * Every distribution that the migration published: what its publication serves is what the source has in the
 * repository, path by path, and its manifest lists the same with the right digests and sizes.
 */
export async function checkPaths(context: VerifyContext): Promise<{ paths: number; problems: VerifyProblem[] }> {
  const served = await context.services.database.query<Served>(sql`
    select distribution.base_path, repository.name, repository.id as repository_id, version.number, publication.pass_through,
      metadata.relative_path as manifest, artifact.sha256
    from v2_distributor distributor
    join migrated_object known on known.kind = 'publication' and known.v2_id = distributor.object_id
    join repository on repository.id = distributor.repository_id
    join distribution on distribution.id = distributor.distribution_id
    left join publication on publication.id = distribution.publication_id
    left join repository_version version on version.id = publication.repository_version_id
    left join published_metadata metadata on metadata.publication_id = publication.id
    left join artifact on artifact.id = metadata.artifact_id
    where repository.name in (select repo_id from migration_association)
    order by distribution.base_path`);
  let paths = 0;
  const problems: VerifyProblem[] = [];
  for (const [index, one] of served.entries()) {
    context.signal.throwIfAborted();
    const found = await checkOne(context, one);
    paths += found.paths;
    problems.push(...found.wrong.map((text) => ({ check: 'paths' as const, text: `${one.base_path}: ${text}` })));
    context.progress('paths', index + 1, served.length);
  }
  return { paths, problems };
}

async function checkOne(context: VerifyContext, served: Served): Promise<{ paths: number; wrong: string[] }> {
  if (served.number === null || !served.pass_through) return { paths: 0, wrong: ['nothing is published'] };
  const { database } = context.services;
  const rows = await database.query<{ line: string; source: boolean; published: boolean }>(sql`
    with expected as (
      select unit.relative_path || ',' || unit.sha256 || ',' || unit.size as line
      from migration_association association
      join migration_unit unit on unit.id = association.unit_id and unit.type = association.type
      where association.repo_id = ${served.name} and association.reason is null
    ), actual as (
      select path.relative_path || ',' || (content.attributes ->> 'sha256') || ',' || (content.attributes ->> 'size') as line
      from content_artifact path join content on content.id = path.content_id
      where path.content_id in (${contentOfVersion(served.repository_id, served.number)}) and (
        path.artifact_id is not null
        or exists (select from remote_artifact source where source.content_artifact_id = path.id))
    )
    select coalesce(expected.line, actual.line) as line, expected.line is not null as source,
      actual.line is not null as published
    from expected full join actual on actual.line = expected.line`);
  const wrong = rows
    .filter(({ source, published }) => !source || !published)
    .map(({ line, source }) => {
      return source ? `${line} is not served` : `${line} is served, but not in the source`;
    });
  const listed = await readManifest(context, served);
  const missing = rows
    .filter(({ line, source }) => source && !listed.has(line))
    .map(({ line }) => `${line} is not in the manifest`);
  const count = rows.length + (served.manifest === null ? 0 : 1);
  return { paths: count, wrong: [...wrong, ...(served.sha256 === null ? ['there is no manifest'] : missing)] };
}

async function readManifest(context: VerifyContext, { sha256 }: Served): Promise<Set<string>> {
  const lines = new Set<string>();
  if (sha256 === null) return lines;
  for await (const line of createInterface({ input: context.services.store.open(sha256) })) lines.add(line);
  return lines;
}
