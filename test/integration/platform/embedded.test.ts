import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedBusyError } from '../../../src/platform/postgres/embedded/error.ts';
import { type EmbeddedServer, startEmbedded } from '../../../src/platform/postgres/embedded.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pulp-gateway-embedded-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function start(name: string): Promise<EmbeddedServer> {
  return startEmbedded({
    dataDir: join(folder, name, 'postgres'),
    socketDir: join(folder, name, 'run'),
    logFile: join(folder, 'postgres.log'),
    connections: 37,
    durable: false,
    searchPath: (process.env.PATH ?? '').split(delimiter),
  });
}

async function query(server: EmbeddedServer, text: string): Promise<unknown[]> {
  const client = new pg.Client(server.connection);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded server', () => {
  it('keeps its data from one start to the next', async () => {
    const first = await start('kept');
    await query(first, 'create table kept as select 1 as value');
    await first.stop();
    const second = await start('kept');
    expect(await query(second, 'select * from kept')).toEqual([{ value: 1 }]);
    await second.stop();
  });

  it('listens on no port and lets nobody else near its socket', async () => {
    const server = await start('kept');
    expect(await query(server, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect(await query(server, 'show max_connections')).toEqual([{ max_connections: '37' }]);
    expect(await query(server, 'show unix_socket_permissions')).toEqual([{ unix_socket_permissions: '0700' }]);
    await server.stop();
  });

  it('sorts by code point and knows capitals beyond ASCII', async () => {
    const server = await start('kept');
    const rows = await query(server, `select 'É' ilike 'é' as ilike, upper('ß–ž') as upper, 'Z' < 'a' as codes`);
    expect(rows).toEqual([{ ilike: true, upper: 'ß–Ž', codes: true }]);
    await server.stop();
  });

  it('is refused to a second owner of the folder, with the way to the first', async () => {
    const server = await start('kept');
    const refusal = await start('kept').catch((error: unknown) => error);
    await server.stop();
    expect(refusal).toBeInstanceOf(EmbeddedBusyError);
    expect((refusal as EmbeddedBusyError).connection).toEqual(server.connection);
  });

  it('starts in spite of a pid file whose number belongs to another process now', async () => {
    await writeFile(join(folder, 'kept', 'postgres', 'postmaster.pid'), `${process.pid}\n/elsewhere\n`);
    const server = await start('kept');
    expect(await query(server, 'select 1 as value')).toEqual([{ value: 1 }]);
    await server.stop();
  });

  it('starts after a first start that was cut off', async () => {
    await mkdir(join(folder, 'cut', 'postgres.new', 'base'), { recursive: true });
    const server = await start('cut');
    expect(await query(server, 'select 1 as value')).toEqual([{ value: 1 }]);
    await server.stop();
  });

  it('finds a shorter place for its socket when the path is too long', async () => {
    const server = await start('long'.repeat(30));
    expect(String(server.connection.host).length).toBeLessThan(80);
    expect(await query(server, 'select 1 as value')).toEqual([{ value: 1 }]);
    await server.stop();
    await rm(String(server.connection.host), { recursive: true });
  });

  it('tells when it ended without having been asked to, and starts again', async () => {
    const server = await start('kept');
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    await server.stop();
    const next = await start('kept');
    expect(await query(next, 'select * from kept')).toEqual([{ value: 1 }]);
    await next.stop();
  });
});
