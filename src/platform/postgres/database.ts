import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyLines } from './copy.ts';
import { identifier, joinSql, type Sql, sql } from './sql.ts';

/** Anything that answers statements: the pool, or an open transaction. */
export interface Queryable {
  /** All rows. */
  query<Row extends pg.QueryResultRow>(statement: Sql): Promise<Row[]>;
  /** The first row, or null when there is none. */
  find<Row extends pg.QueryResultRow>(statement: Sql): Promise<Row | null>;
  /** The only row; throws when there is none: for statements that always give one. */
  one<Row extends pg.QueryResultRow>(statement: Sql): Promise<Row>;
  /** The number of rows a write touched. */
  execute(statement: Sql): Promise<number>;
}

/** An open transaction. Functions that write take one, so that "is there a transaction?" is a question of types. */
export interface Transaction extends Queryable {
  /** Streams rows into a table by COPY; values are text, numbers, booleans, dates, null, or objects (as JSON). */
  copy(table: string, columns: readonly string[], rows: Iterable<unknown[]> | AsyncIterable<unknown[]>): Promise<void>;
}

export interface Database extends Queryable {
  /** Runs work in one transaction; any error rolls everything back. */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  /**
   * Streams the rows of a big result with a cursor, `batch` rows in memory at a time. The statement is not kept as a
   * prepared one, so that its shape may come from a client; `limitMs` bounds the time of each batch.
   */
  stream<Row extends pg.QueryResultRow>(statement: Sql, batch: number, limitMs?: number): AsyncGenerator<Row[]>;
  /** A connection of its own, outside the pool, for LISTEN and session advisory locks. The caller ends it. */
  connect(): Promise<pg.Client>;
  /** The pool's figures, for metrics. */
  poolState(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
}

const DEFAULTS: pg.ClientConfig = { application_name: 'pulp-gateway', keepAlive: true, options: '-c TimeZone=UTC' };
const BIGINT = 20;
const TIMESTAMPTZ = 1184;

// bigint columns hold sizes and counters below 2^53: plain numbers on the wire of both APIs. Times stay text, since a
// Date would lose the microseconds that v3 shows and filters by.
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, format);
    if (oid === BIGINT) return Number;
    if (oid === TIMESTAMPTZ) return parseTimestamp;
    return pg.types.getTypeParser(oid, 'text');
  },
} as pg.CustomTypesConfig;

/** PostgreSQL's text of a UTC time as `2026-01-31T10:20:30.123456Z`. */
export function parseTimestamp(text: string): string {
  const [date = '', time = ''] = text.split(' ');
  const [seconds = '', fraction = ''] = time.replace(/\+00$/, '').split('.');
  return `${date}T${seconds}.${fraction.padEnd(6, '0')}Z`;
}

/** Opens a pool of at most `size` connections. */
export function openDatabase(connection: pg.ClientConfig, size: number): Database {
  const config: pg.ClientConfig = { ...DEFAULTS, ...connection, types };
  const pool = new pg.Pool({ ...config, max: size, idleTimeoutMillis: 60_000 });
  // An idle connection that the server closes is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same for one that breaks while a transaction does something else: its next statement tells.
  pool.on('connect', (client) => client.on('error', () => undefined));

  return {
    ...queryable(pool),
    transaction: (work) => runTransaction(pool, work),
    stream: (statement, batch, limitMs) => streamRows(pool, statement, batch, limitMs),
    async connect() {
      const client = new pg.Client(config);
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    poolState: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

function queryable(client: pg.Pool | pg.ClientBase): Queryable {
  const run = async <Row extends pg.QueryResultRow>(statement: Sql) => client.query<Row>(statement.statement());
  return {
    query: async <Row extends pg.QueryResultRow>(statement: Sql) => (await run<Row>(statement)).rows,
    find: async <Row extends pg.QueryResultRow>(statement: Sql) => (await run<Row>(statement)).rows[0] ?? null,
    async one<Row extends pg.QueryResultRow>(statement: Sql) {
      const [row] = (await run<Row>(statement)).rows;
      if (row === undefined) throw new Error(`The statement gave no row: ${statement.texts.join('?').slice(0, 80)}`);
      return row;
    },
    execute: async (statement) => (await run(statement)).rowCount ?? 0,
  };
}

async function runTransaction<Result>(pool: pg.Pool, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('begin');
    const result = await work({
      ...queryable(client),
      copy: (table, columns, rows) => copyRows(client, table, columns, rows),
    });
    await client.query('commit');
    return result;
  } catch (error) {
    failure = await rollback(client);
    throw error;
  } finally {
    client.release(failure);
  }
}

/** Gives an error when the connection must not be used again. */
async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

async function copyRows(
  client: pg.PoolClient,
  table: string,
  columns: readonly string[],
  rows: Iterable<unknown[]> | AsyncIterable<unknown[]>,
): Promise<void> {
  const names = joinSql(
    columns.map((column) => identifier(column)),
    ', ',
  );
  const stream = client.query(copyFrom(sql`copy ${identifier(table)} (${names}) from stdin`.statement().text));
  try {
    await pipeline(Readable.from(copyLines(rows), { objectMode: false }), stream);
  } catch (error) {
    // A broken input does not end the COPY on the server (pg-copy-streams #115): destroying it does.
    stream.destroy();
    throw error;
  }
}

async function* streamRows<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: Sql,
  batch: number,
  limitMs: number | undefined,
): AsyncGenerator<Row[]> {
  const client = await pool.connect();
  try {
    const { text, values } = statement.statement();
    // Cursors are planned for their first rows unless told that all will be read.
    const limit = limitMs === undefined ? '' : `; set local statement_timeout = ${Math.trunc(limitMs)}`;
    await client.query(`begin read only; set local cursor_tuple_fraction = 1${limit}`);
    await client.query({ text: `declare stream_rows no scroll cursor for ${text}`, values });
    for (;;) {
      const { rows } = await client.query<Row>(`fetch ${Math.trunc(batch)} from stream_rows`);
      if (rows.length > 0) yield rows;
      if (rows.length < batch) return;
    }
  } finally {
    client.release(await rollback(client));
  }
}
