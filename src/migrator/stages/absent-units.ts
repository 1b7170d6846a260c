import type { Mappings } from '../../mapping/load.ts';
import { commitLater } from '../../platform/postgres/commit-later.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { V2_STORAGE } from '../content-root.ts';
import { inParallel } from '../in-parallel.ts';
import type { RunContext } from '../run-context.ts';
import { type Range, storeUnits, WITH_CATALOGUE, within } from './store-units.ts';

/** Units in a transaction. None of them passes through this process. */
const RANGE = 20_000;
/** Transactions at the same time: of a core each. */
const IN_FLIGHT = 2;

/**
 * Stores new units that have no file, up to a number of the work table: with bytes that other units brought, else on
 * demand where a URL is known; the others are set aside. Tells how many were dealt with.
 */
export async function storeAbsentUnits(
  context: RunContext,
  last: number,
  tell: (units: number) => void,
): Promise<void> {
  await inParallel(rangesUpTo(last), IN_FLIGHT, async (range) => {
    context.signal.throwIfAborted();
    const units = await context.services.database.transaction((tx) => storeRange(tx, context.mappings, range));
    if (units > 0) tell(units);
  });
}

function* rangesUpTo(last: number): Generator<Range> {
  for (let after = 0; after < last; after += RANGE) yield { after, last: after + RANGE };
}

async function storeRange(tx: Transaction, mappings: Mappings, range: Range): Promise<number> {
  await commitLater(tx);
  const open = sql`${within(range)} and wanted and reason is null and absent and content_id is null`;
  const picked = sql`
    select number, artifact.id is not null as stored
    from migration_unit unit left join artifact on artifact.sha256 = unit.sha256 ${WITH_CATALOGUE}
    where ${open} and (artifact.id is not null or entry.found)`;
  const stored = await storeUnits(tx, mappings, range, picked);
  const left = await tx.execute(sql`
    update migration_unit unit set reason = 'no_source',
      detail = relative_path || ': ' || replace(path, ${`${V2_STORAGE}/`}, '') || ' is not there'
    where ${open} and not exists (select from staged_content where place = number)`);
  return stored + left;
}
