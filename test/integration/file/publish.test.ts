import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createFileWorld, type FileWorld } from '../../support/file-world.ts';
import { putManifest, sha256Of, startUpstream, type Upstream } from '../../support/upstream.ts';

let world: FileWorld;
let upstream: Upstream;

beforeAll(async () => {
  world = await createFileWorld();
  upstream = await startUpstream();
});
afterAll(async () => {
  await upstream.close();
  await world.close();
});

async function synced(name: string, files: Record<string, string>, fields = {}) {
  putManifest(upstream, name, files);
  const url = `${upstream.url}/${name}/PULP_MANIFEST`;
  const remote = await world.remote({ name, url, policy: 'on_demand' });
  const repository = await world.repository({ name, remote_id: remote.id, ...fields });
  await world.sync({ repository: repository.id });
  return repository;
}

/** Files that were made for a publication, by name. */
async function metadataOf(publication: string): Promise<Record<string, string>> {
  const rows = await world.database.query<{ relative_path: string; sha256: string }>(sql`
    select relative_path, sha256 from published_metadata join artifact on artifact.id = artifact_id
    where publication_id = ${publication}`);
  const texts = rows.map(async ({ relative_path, sha256 }) => [
    relative_path,
    await text(world.services.store.open(sha256)),
  ]);
  return Object.fromEntries(await Promise.all(texts));
}

const idOf = (task: { result: unknown }) => (task.result as { publication: string }).publication;

describe('publishing', () => {
  it('lists all files by path, and serves them under their own', async () => {
    const repository = await synced('list', { 'b/x, y': '1', a: '22', Z: '333' });
    const task = await world.publish({ repository: repository.id });
    expect(task.created_resources).toEqual([`prn:file.filepublication:${idOf(task)}`]);
    expect(await metadataOf(idOf(task))).toEqual({
      PULP_MANIFEST: `Z,${sha256Of('333')},3\na,${sha256Of('22')},2\nb/x, y,${sha256Of('1')},1\n`,
    });
    const publication = await world.database.one(sql`select * from publication where id = ${idOf(task)}`);
    expect(publication).toMatchObject({ pass_through: true, checkpoint: false, data: { manifest: 'PULP_MANIFEST' } });
  });

  it('names the manifest as it is told, or makes none', async () => {
    const repository = await synced('names', { a: '1' });
    const named = await world.publish({ repository: repository.id, manifest: 'INDEX' });
    expect(Object.keys(await metadataOf(idOf(named)))).toEqual(['INDEX']);
    const without = await world.publish({ repository: repository.id, manifest: null });
    expect(await metadataOf(idOf(without))).toEqual({});
  });

  it('publishes an empty version, and hides a file of the manifest’s name', async () => {
    const empty = await world.repository({ name: 'empty' });
    expect(await metadataOf(idOf(await world.publish({ repository: empty.id })))).toEqual({ PULP_MANIFEST: '' });
    const repository = await synced('hidden', { a: '1', INDEX: '2' });
    const task = await world.publish({ repository: repository.id, manifest: 'INDEX' });
    expect(await metadataOf(idOf(task))).toEqual({ INDEX: `a,${sha256Of('1')},1\n` });
  });

  it('lets the distributions of a publisher serve the result', async () => {
    const repository = await synced('recipe', { a: '1' });
    const publisher = await world.database.one<{ id: string }>(sql`
      insert into publisher (type, name, repository_id, data)
      values ('file.file', 'recipe', ${repository.id}, '{"manifest": "LIST"}') returning id`);
    const { id } = await world.distribution({ name: 'recipe', base_path: 'recipe', publisher_id: publisher.id });
    const task = await world.publish({ repository: repository.id, publisher: publisher.id });
    expect(Object.keys(await metadataOf(idOf(task)))).toEqual(['LIST']);
    const served = await world.database.one<{ publication_id: string }>(
      sql`select publication_id from distribution where id = ${id}`,
    );
    expect(served.publication_id).toBe(idOf(task));
  });

  it('keeps only as many checkpoints as the repository wants', async () => {
    const repository = await synced('checkpoints', { a: '1' }, { retain_checkpoints: 2 });
    const made: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      made.push(idOf(await world.publish({ repository: repository.id, checkpoint: true })));
    }
    const rows = await world.database.query<{ id: string }>(
      sql`select id from publication where id = any (${made}::uuid[]) and checkpoint order by created`,
    );
    expect(rows.map(({ id }) => id)).toEqual(made.slice(1));
  });

  it('says when the version is gone', async () => {
    const task = await world.publish({ repository_version: '00000000-0000-0000-0000-000000000000' });
    expect(task).toMatchObject({ state: 'failed', error: { description: 'The repository version is gone.' } });
  });
});
