import type { Json } from '../../src/core/task/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { callReport, queueCall } from '../call-report.ts';
import { isTrue, mergeConfig } from '../config.ts';
import { invalidValue, missingResource, wrongType } from '../errors.ts';
import { accepted, type JsonObject, ok, type Reply, type V2Request } from '../operation.ts';
import { checkImporterConfig, importerFamily } from '../plugins/check.ts';
import { NO_PARTS, notesOf, presentRepositories } from '../present/repository.ts';
import { isNotes, isTextOrNull } from '../store/create-repository.ts';
import { changeImporter, cleanConfig, findImporter } from '../store/importers.ts';
import { getRepositoryView, type RepositoryFacts, type RepositoryView, saveFacts } from '../store/repositories.ts';
import { distributorUpdateCall } from '../tasks/distributor-tasks.ts';
import { isObject } from '../wire/body.ts';

/** v2-api.md 4.2 PUT: delta, then importer, then one task per distributor; what was done before an error stays. */
export async function updateRepository(request: V2Request): Promise<Reply> {
  const { database } = request.app.services;
  const { body, params } = request;
  const view = await getRepositoryView(database, params.repository ?? '');
  if (isTrue(body.delta)) {
    const delta = checkDelta(body.delta ?? null);
    await database.transaction((tx) => applyDelta(request, tx, view, delta));
  }
  if (body.importer_config !== undefined && body.importer_config !== null) {
    await configureImporter(request, view, body.importer_config);
  }
  const configs = body.distributor_configs ?? {};
  if (isTrue(configs) && !isObject(configs)) throw invalidValue(['distributor_configs']);
  const tasks = await queueUpdates(request, view, isObject(configs) ? configs : {});
  const current = await getRepositoryView(database, view.name);
  const [document] = await presentRepositories(request, database, [current], NO_PARTS);
  if (tasks.length === 0) return ok(callReport([], document));
  return accepted(callReport(tasks, withDates(document ?? {}, current)));
}

function checkDelta(delta: Json): JsonObject {
  if (!isObject(delta)) throw wrongType('delta', 'dict', delta);
  const { display_name = null, description = null, notes = null, scratchpad = null } = delta;
  const bad = [
    ...(isTextOrNull(display_name) ? [] : ['display_name']),
    ...(isTextOrNull(description) ? [] : ['description']),
    ...(notes === null || isNotes(notes) ? [] : ['notes']),
    ...(scratchpad === null || isObject(scratchpad) ? [] : ['scratchpad']),
  ];
  if (bad.length > 0) throw invalidValue(bad);
  return delta;
}

/** Notes are merged, null removes one; unknown and read-only members are ignored. */
async function applyDelta(request: V2Request, tx: Transaction, view: RepositoryView, delta: JsonObject): Promise<void> {
  const notes = notesOf(request.mappings, view);
  const facts: RepositoryFacts = {
    ...('display_name' in delta && { display_name: delta.display_name as string | null }),
    ...(isObject(delta.notes) && { notes: mergeNotes(notes, delta.notes) }),
    ...('scratchpad' in delta && { scratchpad: delta.scratchpad ?? {} }),
  };
  if (Object.keys(facts).length > 0) await saveFacts(tx, view, notes, facts);
  if (!('description' in delta)) return;
  const description = delta.description as string | null;
  await tx.execute(
    sql`update repository set description = ${description}, updated = clock_timestamp() where id = ${view.id}`,
  );
}

/** Only the nulls of the change remove: a note may have been created as null. */
function mergeNotes(notes: JsonObject, changes: JsonObject): JsonObject {
  const kept = Object.entries({ ...notes, ...changes }).filter(([name]) => changes[name] !== null);
  return Object.fromEntries(kept);
}

async function configureImporter(request: V2Request, view: RepositoryView, changes: Json): Promise<void> {
  if (!isObject(changes)) throw invalidValue(['importer_config']);
  await request.app.services.database.transaction(async (tx) => {
    const importer = await findImporter(request, tx, view);
    if (!importer) throw missingResource({ repo_id: view.name });
    const config = cleanConfig(mergeConfig(importer.config, changes));
    checkImporterConfig(importerFamily(request, importer.typeId), config);
    await changeImporter(request, tx, importer, config);
  });
}

function queueUpdates(request: V2Request, view: RepositoryView, configs: JsonObject): Promise<string[]> {
  return request.app.services.database.transaction(async (tx) => {
    const tasks: string[] = [];
    for (const [id, config] of Object.entries(configs)) {
      tasks.push(await queueCall(tx, request, distributorUpdateCall(request, view, id, { config, delta: null })));
    }
    return tasks;
  });
}

/** Bodies of 202 hold dates in another form (v2-api.md 1.6). */
function withDates(document: JsonObject, view: RepositoryView): JsonObject {
  const dated = (time: string | null) => (time === null ? null : { $date: Date.parse(time) });
  return {
    ...document,
    last_unit_added: dated(view.content_added_at),
    last_unit_removed: dated(view.content_removed_at),
  };
}
