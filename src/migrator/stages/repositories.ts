import { createRepository } from '../../core/repository/transactor.ts';
import { importerToRemote } from '../../mapping/importer.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { findMapped, fingerprintOf, type MapRow, remember } from '../id-map.ts';
import { objectId } from '../object-id.ts';
import { makeFeedRewriter, rewriteFeed } from '../plan/plan-file.ts';
import type { RunContext } from '../run-context.ts';
import type { SetAsideRows } from '../set-aside-rows.ts';
import type { MovingRepository, Survey } from '../survey.ts';
import { cleanText, createdOf, dateOf, objectOf, textOf, toJson } from '../values.ts';
import { saveDistributor } from './distributor.ts';
import { saveRemote } from './remote.ts';

const BATCH = 100;

/**
 * Makes or updates repositories with their remotes, publishers and distributions, a hundred in a transaction. Returns
 * the ids of the repositories.
 */
export async function migrateRepositories(
  context: RunContext,
  survey: Survey,
  setAside: SetAsideRows,
): Promise<string[]> {
  const ids: string[] = [];
  const all = [...survey.repositories.values()];
  const moving = all.filter((entry): entry is MovingRepository => entry.reason === null && entry.family !== null);
  for (let at = 0; at < moving.length; at += BATCH) {
    context.signal.throwIfAborted();
    const batch = moving.slice(at, at + BATCH);
    await context.services.database.transaction(async (tx) => {
      const known = await findMapped(
        tx,
        'repository',
        batch.map((repository) => objectId(repository.document)),
      );
      for (const repository of batch) ids.push(...(await saveRepository(tx, context, repository, known, setAside)));
    });
    context.progress('repositories', Math.min(at + BATCH, moving.length), moving.length, 0);
  }
  return ids;
}

async function saveRepository(
  tx: Transaction,
  context: RunContext,
  repository: MovingRepository,
  known: ReadonlyMap<string, MapRow>,
  setAside: SetAsideRows,
): Promise<string[]> {
  const id = await findOrCreate(tx, repository, known);
  if (id === null) {
    setAside.add({
      kind: 'repository',
      reason: 'name_taken',
      v2_id: objectId(repository.document),
      repository: repository.id,
    });
    setAsideParts(repository, setAside);
    return [];
  }
  const facts = factsOf(repository.document);
  const fingerprint = fingerprintOf(facts);
  const objectIdText = objectId(repository.document);
  if (known.get(objectIdText)?.v3_id !== id || known.get(objectIdText)?.fingerprint !== fingerprint) {
    await writeFacts(tx, id, objectIdText, facts);
    await remember(tx, 'repository', { v2_id: objectIdText, v3_id: id, fingerprint });
  }
  await saveImporter(tx, context, repository, id, setAside);
  for (const distributor of repository.distributors)
    await saveDistributor(tx, context, repository, id, distributor, setAside);
  return [id];
}

function setAsideParts({ id, importers, distributors }: MovingRepository, setAside: SetAsideRows): void {
  const reason = 'repository_set_aside';
  for (const entry of importers) setAside.add({ kind: 'importer', reason, v2_id: objectId(entry), repository: id });
  for (const entry of distributors)
    setAside.add({ kind: 'distributor', reason, v2_id: objectId(entry), repository: id });
}

/** The repository it became, or a new one; null when one of that name exists that no migration made. */
async function findOrCreate(
  tx: Transaction,
  repository: MovingRepository,
  known: ReadonlyMap<string, MapRow>,
): Promise<string | null> {
  const found = await tx.find<{ id: string; migrated: boolean }>(sql`
    select id, exists (select from migrated_object where kind = 'repository' and v3_id = repository.id) as migrated
    from repository where id = ${known.get(objectId(repository.document))?.v3_id ?? null} or name = ${repository.id}
    order by name = ${repository.id} limit 1`);
  if (found) return found.migrated ? found.id : null;
  const created = await createRepository(tx, {
    type: repository.family.repository.type,
    name: repository.id,
    description: null,
    labels: {},
    // As in Pulp 2: what leaves a repository is an orphan at once.
    retain_repo_versions: 1,
    retain_checkpoints: null,
    remote_id: null,
    data: {},
  });
  return created.id;
}

type Facts = ReturnType<typeof factsOf>;

function factsOf(document: Readonly<Record<string, unknown>>) {
  const text = (value: unknown) => (typeof value === 'string' ? cleanText(value) : null);
  return {
    description: text(document.description),
    display_name: text(document.display_name),
    notes: toJson(objectOf(document.notes)),
    scratchpad: toJson(objectOf(document.scratchpad)),
    added: dateOf(document.last_unit_added)?.toISOString() ?? null,
    removed: dateOf(document.last_unit_removed)?.toISOString() ?? null,
    created: createdOf(document)?.toISOString() ?? null,
  };
}

async function writeFacts(tx: Transaction, id: string, objectIdText: string, facts: Facts): Promise<void> {
  await tx.execute(sql`
    update repository set description = ${facts.description}, content_added_at = ${facts.added}::timestamptz,
      content_removed_at = ${facts.removed}::timestamptz, created = coalesce(${facts.created}::timestamptz, created),
      updated = clock_timestamp()
    where id = ${id}`);
  await tx.execute(sql`
    insert into v2_repository (repository_id, object_id, display_name, notes, scratchpad)
    values (${id}, ${objectIdText}, ${facts.display_name}, ${JSON.stringify(facts.notes)}::jsonb,
      ${JSON.stringify(facts.scratchpad)}::jsonb)
    on conflict (repository_id) do update set object_id = excluded.object_id, display_name = excluded.display_name,
      notes = excluded.notes, scratchpad = excluded.scratchpad`);
}

/** The first importer counts: Pulp 2 allowed one, older data may hold more. */
async function saveImporter(
  tx: Transaction,
  context: RunContext,
  repository: MovingRepository,
  repositoryId: string,
  setAside: SetAsideRows,
): Promise<void> {
  const [importer, ...others] = repository.importers;
  for (const other of others) {
    setAside.add({ kind: 'importer', reason: 'no_counterpart', v2_id: objectId(other), repository: repository.id });
  }
  if (!importer) return;
  const { services, plan } = context;
  const config = toJson(objectOf(importer.config)) as Record<string, unknown>;
  const { remote, kept } = importerToRemote(repository.family.importer, rewriteFeed(config, makeFeedRewriter(plan)));
  const v2Id = objectId(importer);
  const facts = { config, remote, kept, scratchpad: toJson(importer.scratchpad ?? null), sync: importer.last_sync };
  const fingerprint = fingerprintOf(toJson({ ...facts, updated: importer.last_updated }));
  const known = (await findMapped(tx, 'importer', [v2Id])).get(v2Id);
  if (!remote) setAside.note({ kind: 'importer', reason: 'no_feed', v2_id: v2Id, repository: repository.id });
  if (known?.fingerprint === fingerprint && known.v3_id === repositoryId) return;
  const updated = dateOf(importer.last_updated)?.toISOString() ?? new Date(0).toISOString();
  if (remote) {
    const remoteId = await saveRemote(
      tx,
      services.secrets,
      repository.family.importer.v3_type,
      v2Id,
      repository.id,
      remote,
    );
    await tx.execute(sql`
      update remote set updated = ${updated}::timestamptz, created = coalesce(${createdOf(importer)}::timestamptz, created)
      where id = ${remoteId}`);
    await tx.execute(sql`update repository set remote_id = ${remoteId} where id = ${repositoryId}`);
  }
  const sealed = Object.keys(kept).length === 0 ? null : services.secrets.seal(JSON.stringify(kept));
  await tx.execute(sql`
    insert into v2_importer (repository_id, object_id, importer_type_id, kept, scratchpad, last_sync, last_updated)
    values (${repositoryId}, ${v2Id}, ${textOf(importer.importer_type_id)}, ${sealed},
      ${JSON.stringify(facts.scratchpad)}::jsonb, ${dateOf(importer.last_sync)}::timestamptz, ${updated}::timestamptz)
    on conflict (repository_id) do update set object_id = excluded.object_id, kept = excluded.kept,
      importer_type_id = excluded.importer_type_id, scratchpad = excluded.scratchpad, last_sync = excluded.last_sync,
      last_updated = excluded.last_updated`);
  await remember(tx, 'importer', { v2_id: v2Id, v3_id: repositoryId, fingerprint });
}
