import type { Database } from '../../src/platform/postgres/database.ts';
import type { Sql } from '../../src/platform/postgres/sql.ts';
import { refusal, refusedCriteria } from './criteria.ts';

const BATCH = 1000;
/** Second line behind the bounds of the query itself. */
const LIMIT_MS = 20_000;

/** Of errors that a query causes, not the server: what the client is told. */
const REFUSALS: Readonly<Record<string, string>> = {
  '57014': 'the query takes too long',
  '2201B': 'the regular expression is not supported',
  '54000': 'the query is too complex',
  '54001': 'the query is too complex',
  '54023': 'the query has too many values',
};

/**
 * Runs a search; what it gives comes in batches, mapped by `present`. 400 when the database refuses it. The first batch
 * is there when this resolves, so that such an error is still an answer.
 */
export async function search<Row extends Record<string, unknown>, Document>(
  database: Database,
  statement: Sql,
  present: (rows: Row[]) => Promise<Document[]> | Document[],
): Promise<AsyncIterable<Document[]>> {
  const batches = database.stream<Row>(statement, BATCH, LIMIT_MS);
  const first = await batches.next().catch((error: unknown) => {
    throw explain(error);
  });
  return documents(first.done ? [] : first.value, batches, present);
}

async function* documents<Row, Document>(
  first: Row[],
  batches: AsyncGenerator<Row[]>,
  present: (rows: Row[]) => Promise<Document[]> | Document[],
): AsyncGenerator<Document[]> {
  try {
    yield await present(first);
    for await (const rows of batches) yield await present(rows);
  } finally {
    // Also when nobody reads on: the cursor holds a connection.
    await batches.return(undefined);
  }
}

function explain(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  const reason = typeof code === 'string' && Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined;
  return reason === undefined ? refusal(error) : refusedCriteria(reason);
}
