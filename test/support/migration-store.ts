import { type Sql, sql } from '../../src/platform/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { withFilePlugin } from './migration.ts';
import { createTestServices, type TestServices } from './services.ts';

/** A store of the test's own to migrate into. */
export type Store = TestDatabase & TestServices;

export async function openStore(): Promise<Store> {
  const made = await createTestDatabase();
  const test = createTestServices(made.database, [], []);
  return { ...made, ...test, services: withFilePlugin(test.services) };
}

export async function closeStore(store: Store): Promise<void> {
  await store.drop();
  store.remove();
}

/** Every row of every table, as JSON, to compare states. */
export async function dumpStore({ database }: Pick<Store, 'database'>): Promise<Record<string, unknown[]>> {
  const tables = await database.query<{ name: string }>(sql`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'schema_migration' order by 1`);
  const entries: [string, unknown[]][] = [];
  for (const { name } of tables) {
    const rows = await database.query<{ row: unknown }>(rowsOf(name));
    entries.push([name, rows.map(({ row }) => row)]);
  }
  return Object.fromEntries(entries);
}

function rowsOf(table: string): Sql {
  return {
    ...sql``,
    statement: () => ({
      name: '',
      text: `select to_jsonb(t) as row from "${table}" t order by to_jsonb(t)::text`,
      values: [],
    }),
  };
}

/** What clients can see of a migrated store, without the ids and dates that differ from run to run. */
export async function visibleState({ database }: Pick<Store, 'database'>): Promise<Record<string, unknown[]>> {
  const queries: Record<string, Sql> = {
    repositories: sql`select repository.name, description, display_name, notes, scratchpad, object_id, content_added_at,
      remote.name as remote, remote.url, remote.policy from repository left join remote on remote.id = remote_id
      left join v2_repository on repository_id = repository.id order by 1`,
    content: sql`select content.id, content.digest, relative_path, artifact.sha256 from content
      join content_artifact on content_id = content.id left join artifact on artifact.id = artifact_id order by 1`,
    sources: sql`select relative_path, remote_artifact.url, remote_artifact.sha256, remote_artifact.size, remote.name
      from remote_artifact join content_artifact on content_artifact.id = content_artifact_id
      join remote on remote.id = remote_artifact.remote_id order by 1, 2, 5`,
    memberships: sql`select name, content_id, repository_content.created from repository_content
      join repository on repository.id = repository_id where version_removed is null order by 1, 2`,
    versions: sql`select repository.name, number, content_counts from repository_version
      join repository on repository.id = repository_id order by 1, 2`,
    distributions: sql`select distribution.name, base_path, publication.pass_through, publication.created, number,
      artifact.sha256 as manifest from distribution
      left join publication on publication.id = publication_id
      left join repository_version version on version.id = publication.repository_version_id
      left join published_metadata metadata on metadata.publication_id = publication.id
      left join artifact on artifact.id = metadata.artifact_id order by 1`,
    publications: sql`select count(*) from publication`,
    distributors: sql`select object_id, distributor_id, kept, last_publish from v2_distributor order by 1`,
    units: sql`select content_id, user_metadata, kept from v2_unit order by 1`,
    histories: sql`select object_id, kind, actor_id, started, completed, result, added_count from v2_history order by 1`,
    schedules: sql`select id, task_name, iso_interval, enabled, remaining_dispatches from schedule order by 1`,
    set_aside: sql`select kind, reason, v2_id, repository, detail, count from migration_set_aside order by 1, 2, 3, 4, 5`,
  };
  const entries: [string, unknown[]][] = [];
  for (const [name, query] of Object.entries(queries)) entries.push([name, await database.query(query)]);
  return Object.fromEntries(entries);
}
