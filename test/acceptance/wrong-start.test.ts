import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Outcome, runCommand } from '../support/command.ts';

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'pulp-gateway-wrong-'));
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(env: Record<string, string>): Promise<Outcome> {
  return runCommand({ args: ['serve'], env: { PULP_HOME: home, PULP_PORT: '0', ...env }, input: '' });
}

describe('a start that cannot succeed ends with 1 and one line that says what to do', () => {
  it.each([
    [{ PULP_HOME: '/etc/passwd' }, 'Nothing can be kept in /etc/passwd', 'Set PULP_HOME to'],
    [{ PULP_STORAGE: '/etc/passwd/x' }, 'Nothing can be kept in /etc/passwd/x', 'Set PULP_STORAGE to'],
    [{ PULP_WORKING_DIRECTORY: '/etc/passwd' }, 'Nothing can be kept in /etc/passwd', 'Set PULP_WORKING_DIRECTORY to'],
    [{ PULP_HOST: 'nowhere.invalid' }, 'nowhere.invalid is no address of this machine', 'set PULP_HOST to'],
    [{ PULP_TLS_CERT_FILE: '/nowhere', PULP_TLS_KEY_FILE: '/x' }, 'PULP_TLS_CERT_FILE cannot be read', '/nowhere'],
    [{ PULP_TLS_CERT_FILE: '/etc/passwd', PULP_TLS_KEY_FILE: '/x' }, 'PULP_TLS_CERT_FILE must be a PEM', '/etc/passwd'],
    [
      { PULP_DATABASE_URL: 'postgresql://127.0.0.1:1/x' },
      'PostgreSQL at 127.0.0.1:1/x cannot be used',
      'Is it running',
    ],
  ])('%j', async (env: Record<string, string>, why, remedy) => {
    const { code, output } = await start(env);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(why) });
    expect(output).toContain(remedy);
    expect(output.trim()).not.toContain('\n');
  });

  it('for a key file that is empty', async () => {
    const folder = join(home, 'empty-key');
    mkdirSync(folder);
    writeFileSync(join(folder, 'secret.key'), '');
    const { code, output } = await start({ PULP_HOME: folder });
    expect(code).toBe(1);
    expect(output).toBe(`${join(folder, 'secret.key')} is empty: restore it, or remove it to have a new one made.\n`);
  });
});

describe('a database that cannot be used', () => {
  const url = (user: string, name: string) => {
    const { host, port } = inject('testServer') ?? {};
    return `postgresql://${user}@/${name}?host=${host}&port=${port}`;
  };

  async function administer(...statements: string[]): Promise<void> {
    const client = new pg.Client({ ...inject('testServer'), database: 'postgres' });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }

  beforeAll(() =>
    administer(
      'create role wrong_start_guest login',
      'create database wrong_start_foreign template template0',
      "create database wrong_start_ascii template template0 encoding 'SQL_ASCII' locale 'C'",
    ),
  );

  afterAll(() =>
    administer('drop database wrong_start_foreign', 'drop database wrong_start_ascii', 'drop role wrong_start_guest'),
  );

  it.each([
    ['pulp', 'wrong_start_nowhere', 'Create the database first, with encoding UTF8.'],
    ['wrong_start_guest', 'wrong_start_foreign', 'Its user must own the database, or be granted CREATE'],
    ['pulp', 'wrong_start_ascii', 'encoding SQL_ASCII: create one with UTF8.'],
  ])('by %s, %s, is told with a remedy', async (user, name, remedy) => {
    const { code, output } = await start({ PULP_DATABASE_URL: url(user, name) });
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(remedy) });
    expect(output.trim()).not.toContain('\n');
  });
});
