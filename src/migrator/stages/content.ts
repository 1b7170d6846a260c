import { storedDigests } from '../../core/artifact/reader.ts';
import { saveArtifacts } from '../../core/artifact/store.ts';
import { storeContent } from '../../core/content/store.ts';
import type { DeclaredContent } from '../../core/content/types.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { inParallel } from '../in-parallel.ts';
import { repeatable } from '../repeatable.ts';
import type { RunContext } from '../run-context.ts';
import { uuidOf } from '../values.ts';
import { type Finding, findBytes } from './unit-file.ts';
import type { WorkUnit } from './work-unit.ts';

/** Units in a transaction, and bytes after which it ends early: what a crash makes a run do again. */
const BATCH = 2500;
const BATCH_BYTES = 2 ** 31;

type Judged = { readonly unit: WorkUnit; readonly finding: Finding };

/** Batches under way: while the database writes one, the files of the next are looked for and hashed. */
const IN_FLIGHT = 2;

/** What the steps after this one join. The server's own statistics would come too late, and it would compare all pairs. */
const LOADED = ['content', 'content_artifact', 'migrated_object', 'repository', 'remote'] as const;

/** Stores every wanted unit whose bytes are at hand or can be had, in batches that each become visible at once. */
export async function migrateContent(context: RunContext): Promise<void> {
  const { database } = context.services;
  const { total } = await database.one<{ total: number }>(sql`select count(*) as total from (${openUnits('')}) open`);
  let done = 0;
  let bytes = 0;
  const handle = async (part: readonly WorkUnit[]) => {
    const judged = await judge(context, part);
    await storeBatch(context, judged);
    done += part.length;
    bytes += judged.reduce((sum, { unit, finding }) => sum + (finding.kind === 'file' ? unit.size : 0), 0);
    context.progress('content', done, total, bytes);
  };
  await inParallel(openBatches(context), IN_FLIGHT, handle);
  for (const table of LOADED) await database.execute(sql`analyze ${identifier(table)}`);
}

async function* openBatches(context: RunContext): AsyncGenerator<WorkUnit[]> {
  for (let after = ''; ; ) {
    const units = await context.services.database.query<WorkUnit>(sql`${openUnits(after)} order by id limit ${BATCH}`);
    const last = units.at(-1);
    if (!last) return;
    for (const part of byBytes(units)) {
      context.signal.throwIfAborted();
      yield part;
    }
    after = last.id;
  }
}

/** Wanted units that have no bytes in the store yet. */
function openUnits(after: string) {
  return sql`
    select id, type, relative_path, attributes, sha256, size, path, catalogued, downloaded, last_updated, user_metadata,
      kept, content_id
    from migration_unit unit
    where wanted and reason is null and id > ${after} and not exists (
      select from content_artifact where content_id = unit.content_id and artifact_id is not null)`;
}

function* byBytes(units: readonly WorkUnit[]): Generator<WorkUnit[]> {
  let part: WorkUnit[] = [];
  let bytes = 0;
  for (const unit of units) {
    part.push(unit);
    bytes += unit.size;
    if (bytes < BATCH_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

async function judge(context: RunContext, units: readonly WorkUnit[]): Promise<Judged[]> {
  const stored = await storedDigests(
    context.services.database,
    units.map(({ sha256 }) => sha256),
  );
  const findings = await findBytes(context, units, stored);
  return units.map((unit, index) => ({
    unit,
    finding: findings[index] ?? { kind: 'none', reason: 'missing_file', detail: '' },
  }));
}

async function storeBatch(context: RunContext, judged: readonly Judged[]): Promise<void> {
  const { store, database } = context.services;
  const files = new Map<string, StagedFile>();
  for (const { finding } of judged) if (finding.kind === 'file') files.set(finding.file.sha256, finding.file);
  // Content that is on demand already and has no file now either needs no writing again.
  const fresh = judged.filter(
    ({ unit, finding }) => finding.kind !== 'none' && (finding.kind !== 'remote' || unit.content_id === null),
  );
  await database.transaction(async (tx) => {
    await repeatable(tx);
    await saveArtifacts(tx, store, [...files.values()]);
    const ids = await storeContent(
      tx,
      fresh.map(({ unit, finding }) => declare(context, unit, finding)),
    );
    await recordUnits(
      tx,
      fresh.map(({ unit }, index) => ({ unit, contentId: ids[index] ?? '' })),
    );
    await recordFailures(tx, judged);
  });
}

function declare(context: RunContext, unit: WorkUnit, finding: Finding): DeclaredContent {
  const type = context.mappings.byUnit(unit.type)?.unit.v3_type ?? '';
  const { naturalKey } = context.registry.contentType(type);
  return {
    type,
    key: naturalKey.map((field) => String(unit.attributes[field])),
    attributes: unit.attributes,
    details: null,
    artifacts: [
      { relative_path: unit.relative_path, sha256: finding.kind === 'remote' ? null : unit.sha256, source: null },
    ],
    // Old ids survive: clients remember them.
    origin: { id: uuidOf(unit.id), created: unit.last_updated ?? new Date(0).toISOString() },
  };
}

async function recordUnits(tx: Transaction, units: readonly { unit: WorkUnit; contentId: string }[]): Promise<void> {
  await tx.execute(sql`
    insert into migrated_object (kind, v2_id, v3_id, deduplicated)
    select 'unit', v2_id, content_id, deduplicated
    from unnest(${units.map(({ unit }) => unit.id)}::text[], ${units.map(({ contentId }) => contentId)}::uuid[],
      ${units.map(({ unit, contentId }) => contentId !== uuidOf(unit.id))}::boolean[])
      unit (v2_id, content_id, deduplicated)
    on conflict (kind, v2_id) do update set v3_id = excluded.v3_id, deduplicated = excluded.deduplicated
    where migrated_object.v3_id <> excluded.v3_id`);
  const told = units.flatMap(({ unit: { id, user_metadata, kept }, contentId }) => {
    return isEmpty(user_metadata) && isEmpty(kept) ? [] : [{ v2_id: id, content_id: contentId, user_metadata, kept }];
  });
  if (told.length === 0) return;
  await tx.execute(sql`
    insert into v2_unit (content_id, user_metadata, kept)
    select distinct on (content_id) content_id, user_metadata, kept
    from jsonb_to_recordset(${JSON.stringify(told)}::jsonb)
      unit (v2_id text, content_id uuid, user_metadata jsonb, kept jsonb)
    order by content_id, v2_id
    on conflict (content_id) do nothing`);
}

function isEmpty(value: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(value).length === 0;
}

async function recordFailures(tx: Transaction, judged: readonly Judged[]): Promise<void> {
  const rows = judged.flatMap(({ unit, finding }) => {
    return finding.kind === 'none' ? [{ id: unit.id, reason: finding.reason, detail: finding.detail }] : [];
  });
  if (rows.length === 0) return;
  await tx.execute(sql`
    update migration_unit work set reason = failed.reason, detail = failed.detail, content_id = null
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) failed (id text, reason text, detail text)
    where work.id = failed.id`);
}
