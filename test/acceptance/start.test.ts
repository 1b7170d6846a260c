import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { type Gateway, PASSWORD, ROOT, removeGateway, startGateway } from '../support/gateway.ts';

const NOBODY = 65534;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function databasePid(home: string): number {
  return Number.parseInt(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 10_000 && !condition(); waited += 50) await sleep(50);
}

async function statusWith(url: string, password: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  return (await fetch(new URL('/pulp/api/v3/repositories/', url), { headers: { authorization } })).status;
}

describe('a running server', () => {
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startGateway({ home: null, env: {} });
  });

  afterAll(() => removeGateway(gateway));

  it('keeps its secrets to itself', () => {
    expect(statSync(join(gateway.home, 'secret.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(gateway.home, 'postgres')).mode & 0o777).toBe(0o700);
    expect(gateway.output()).not.toContain(PASSWORD);
  });

  it('is not joined by a second one on the same folder', async () => {
    const second = await runCommand({ args: ['serve'], env: { PULP_HOME: gateway.home, PULP_PORT: '0' }, input: '' });
    expect(second.code).toBe(1);
    expect(second.output).toMatch(/^Another pulp-gateway is running/);
  });

  it('lets a password be changed meanwhile', async () => {
    const changed = await runCommand({
      args: ['admin-password', '--stdin'],
      env: { PULP_HOME: gateway.home },
      input: 'next\n',
    });
    expect(changed).toEqual({ code: 0, output: '' });
    await sleep(2100);
    expect([await statusWith(gateway.url, PASSWORD), await statusWith(gateway.url, 'next')]).toEqual([401, 200]);
  });
});

describe('the database server', () => {
  it('ends with a gateway that is killed, and the next start succeeds at once', async () => {
    const first = await startGateway({ home: null, env: { PULP_WORKERS: '0' } });
    const pid = databasePid(first.home);
    first.process.kill('SIGKILL');
    const second = await startGateway({ home: first.home, env: { PULP_WORKERS: '0' } });
    expect(isAlive(pid)).toBe(false);
    const next = databasePid(second.home);
    second.process.kill('SIGKILL');
    await until(() => !isAlive(next));
    expect(isAlive(next)).toBe(false);
    rmSync(first.home, { recursive: true, force: true });
  });

  it('stops with a gateway that is told to', async () => {
    const gateway = await startGateway({ home: null, env: {} });
    const pid = databasePid(gateway.home);
    expect(await gateway.stop()).toBe(0);
    expect(isAlive(pid)).toBe(false);
    rmSync(gateway.home, { recursive: true, force: true });
  });
});

describe('wrong use', () => {
  it('of a port is told before anything is started', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as { port: number }).port);
    const home = join(tmpdir(), `pulp-gateway-unused-${process.pid}`);
    const outcome = await runCommand({ args: ['serve'], env: { PULP_HOME: home, PULP_PORT: port }, input: '' });
    server.close();
    expect(outcome.code).toBe(1);
    expect(outcome.output).toContain(`Port ${port} of 127.0.0.1 is in use`);
    expect(existsSync(home)).toBe(false);
  });

  it.each([
    [['serve'], { PULP_PORT: 'many' }, 'PULP_PORT (from the environment) must be a whole number'],
    [['serve'], { PULP_SETTINGS: '/nowhere.yaml' }, 'PULP_SETTINGS: /nowhere.yaml cannot be read'],
    [['frobnicate'], {}, "unknown command 'frobnicate'"],
    [['serve', '--loudly'], {}, "unknown option '--loudly'"],
  ])('%j with %j ends with 2 and says why', async (args, env, why) => {
    const outcome = await runCommand({ args, env, input: '' });
    expect(outcome.code).toBe(2);
    expect(outcome.output).toContain(why);
  });

  it('of a name that is no setting is a warning', async () => {
    const env = { PULP_PROT: '8080', PULP_PORT: 'x' };
    const { output } = await runCommand({ args: ['admin-password', '--username'], env, input: '' });
    expect(output).toContain('argument missing');
    const warned = await runCommand({ args: ['serve'], env: { PULP_PROT: '1', PULP_HOST: '192.0.2.1' }, input: '' });
    expect(warned.output).toContain('Warning: PULP_PROT (from the environment) is no setting.');
    expect(warned.output).toContain('192.0.2.1 is no address of this machine');
  });
});

describe.skipIf(process.getuid?.() !== 0)('an ordinary user and a project folder that cannot be written', () => {
  it('build and keep state in folders of the user', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'pulp-gateway-user-'));
    chmodSync(parent, 0o755);
    const project = join(parent, 'project');
    for (const name of ['src', 'compat-v2', 'mappings', 'package.json', 'package-lock.json']) {
      cpSync(join(ROOT, name), join(project, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
    const home = mkdtempSync(join(tmpdir(), 'pulp-gateway-home-'));
    chownSync(home, NOBODY, NOBODY);
    const child = spawn(process.execPath, [join(project, 'src/boot/bootstrap.mjs'), 'serve'], {
      uid: NOBODY,
      gid: NOBODY,
      env: { PATH: process.env.PATH, HOME: home, PULP_PORT: '0', PULP_WORKERS: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await until(() => /^ready /m.test(output) || child.exitCode !== null);
    child.kill('SIGTERM');
    expect({ code: await ended, output }).toEqual({
      code: 0,
      output: expect.stringContaining('ready http://127.0.0.1:'),
    });
    expect(output).toContain('password');
    expect(existsSync(join(home, '.local/state/pulp-gateway/secret.key'))).toBe(true);
    expect(existsSync(join(project, 'dist'))).toBe(false);
    for (const folder of [parent, home]) rmSync(folder, { recursive: true, force: true });
  });
});
