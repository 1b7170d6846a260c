import { storedDigests } from '../../core/artifact/reader.ts';
import { saveArtifacts } from '../../core/artifact/store.ts';
import { commitLater } from '../../platform/postgres/commit-later.ts';
import type { Queryable, Transaction } from '../../platform/postgres/database.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { inParallel, together } from '../in-parallel.ts';
import type { RunContext } from '../run-context.ts';
import { storeAbsentUnits } from './absent-units.ts';
import { type Range, storeUnits, WITH_CATALOGUE } from './store-units.ts';
import { type Finding, findBytes } from './unit-file.ts';
import type { WorkUnit } from './work-unit.ts';

/** Units in a transaction, and bytes after which it ends early: what a crash makes a run do again. */
const BATCH = 5000;
const BATCH_BYTES = 2 ** 31;

type Judged = { readonly unit: WorkUnit; readonly finding: Finding };

/** Batches under way: while the database writes one, the files of the next are looked for and hashed. */
const IN_FLIGHT = 2;

/** What the steps after this one join. The server's own statistics would come too late, and it would compare all pairs. */
const LOADED = ['content', 'content_artifact', 'migrated_object', 'repository', 'remote'] as const;

/**
 * Stores every wanted unit whose bytes are at hand or can be had, in batches that each become visible at once. Those
 * without a file come last: another unit may have brought the same bytes.
 */
export async function migrateContent(context: RunContext): Promise<void> {
  const { database } = context.services;
  const { total, last } = await database.one<{ total: number; last: number | null }>(
    sql`select count(*) as total, max(number) as last from migration_unit unit where ${OPEN}`,
  );
  let done = 0;
  let bytes = 0;
  const tell = (units: number, more: number) => {
    done += units;
    bytes += more;
    context.progress('content', done, total, bytes);
  };
  await inParallel(openBatches(context), IN_FLIGHT, async (part) => {
    const judged = await judge(context, part);
    await storeBatch(context, judged);
    tell(
      part.length,
      judged.reduce((sum, { unit, finding }) => sum + (finding.kind === 'file' ? unit.size : 0), 0),
    );
  });
  await storeAbsentUnits(context, last ?? 0, (units) => tell(units, 0));
  await together(...LOADED.map((table) => database.execute(sql`analyze ${identifier(table)}`)));
}

/** Wanted units that have no bytes in the store yet. */
const OPEN = sql`wanted and reason is null and not exists (
  select from content_artifact where content_id = unit.content_id and artifact_id is not null)`;

async function* openBatches(context: RunContext): AsyncGenerator<WorkUnit[]> {
  for (let after = 0; ; ) {
    const units = await openUnits(context.services.database, after);
    const last = units.at(-1);
    if (!last) return;
    for (const part of byBytes(units)) {
      context.signal.throwIfAborted();
      yield part;
    }
    after = last.number;
  }
}

function openUnits(database: Queryable, after: number): Promise<WorkUnit[]> {
  return database.query<WorkUnit>(sql`
    select number, relative_path, sha256, size, path, downloaded, content_id, entry.found is true as catalogued
    from migration_unit unit ${WITH_CATALOGUE}
    where ${OPEN} and not (absent and content_id is null) and unit.number > ${after} order by unit.number limit ${BATCH}`);
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

async function storeBatch({ services, mappings }: RunContext, judged: readonly Judged[]): Promise<void> {
  const { store, database } = services;
  const files = new Map<string, StagedFile>();
  for (const { finding } of judged) if (finding.kind === 'file') files.set(finding.file.sha256, finding.file);
  // Content that is on demand already and has no file now either needs no writing again.
  const fresh = judged.filter(
    ({ unit, finding }) => finding.kind !== 'none' && (finding.kind !== 'remote' || unit.content_id === null),
  );
  const picked = sql`select * from unnest(${fresh.map(({ unit }) => unit.number)}::integer[],
    ${fresh.map(({ finding }) => finding.kind !== 'remote')}::boolean[]) unit (number, stored)`;
  await database.transaction(async (tx) => {
    await commitLater(tx);
    await saveArtifacts(tx, store, [...files.values()]);
    await storeUnits(tx, mappings, rangeOf(fresh), picked);
    await recordFailures(tx, judged);
  });
}

async function recordFailures(tx: Transaction, judged: readonly Judged[]): Promise<void> {
  const rows = judged.flatMap(({ unit, finding }) => {
    return finding.kind === 'none' ? [{ number: unit.number, reason: finding.reason, detail: finding.detail }] : [];
  });
  if (rows.length === 0) return;
  await tx.execute(sql`
    update migration_unit work set reason = failed.reason, detail = failed.detail, content_id = null
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) failed (number integer, reason text, detail text)
    where work.number = failed.number`);
}

function rangeOf(judged: readonly Judged[]): Range {
  return { after: (judged[0]?.unit.number ?? 0) - 1, last: judged.at(-1)?.unit.number ?? 0 };
}
