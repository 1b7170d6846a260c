import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { v2Observers } from '../../compat-v2/observers.ts';
import { createV2Router } from '../../compat-v2/router.ts';
import { v2Tasks } from '../../compat-v2/tasks/all.ts';
import { createContentHandler } from '../../src/content-app/handler.ts';
import { createAuthenticator } from '../../src/core/access/authenticate.ts';
import { CORE_MODELS, createModels } from '../../src/core/models.ts';
import type { Services } from '../../src/core/services.ts';
import { runJob } from '../../src/core/task/job.ts';
import { claimTask } from '../../src/core/task/queue.ts';
import { loadMappings } from '../../src/mapping/load.ts';
import { hashPassword } from '../../src/platform/crypto/password.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import type { App } from '../../src/plugin/app.ts';
import { createRegistry } from '../../src/plugin/registry.ts';
import { filePlugin } from '../../src/plugins/file/index.ts';
import { createTestDatabase } from './database.ts';
import { createTestServices } from './services.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers of an API under test
export type Body = any;

/** The v2 API and the content app on a database of their own; tasks run in this process when they are told to. */
export interface V2World {
  services: Services;
  url: string;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }>;
  /** POSTs, PUTs or DELETEs what queues a task, runs everything that waits, gives the Task Report. */
  task(method: string, path: string, body?: unknown): Promise<Body>;
  /** Runs what waits, and what that queues, to the end. */
  drain(): Promise<void>;
  /** GET below the server's root, as hosts do. */
  download(path: string): Promise<{ status: number; text: string }>;
  close(): Promise<void>;
}

export async function createV2World(): Promise<V2World> {
  const { database, drop } = await createTestDatabase();
  const registry = createRegistry([filePlugin]);
  const mappings = loadMappings(join(process.cwd(), 'mappings'));
  const tasks = [...filePlugin.tasks, ...v2Tasks({ mappings, registry })];
  const test = createTestServices(database, tasks, v2Observers({ mappings, registry }));
  const services: Services = { ...test.services, models: createModels([...CORE_MODELS, ...filePlugin.models]) };
  const contentRoots = [{ prefix: '/pulp/isos/', types: ['file.file'] }];
  const app: App = { services, registry, authenticator: createAuthenticator(database), contentRoots };
  await database.execute(sql`
    insert into account (username, password_hash, is_superuser)
    values ('admin', ${await hashPassword('admin')}, true), ('bob', ${await hashPassword('bob')}, false)`);

  const content = createContentHandler(app);
  const rest = express().use('/pulp/api/v2', createV2Router(app, mappings));
  const server = createServer((request, response) => void (content(request, response) || rest(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;

  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(`${url}/pulp/api/v2${path}`, {
      method,
      headers: { authorization },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  async function drain(): Promise<void> {
    for (;;) {
      const task = await claimTask(database, services.processId);
      if (!task) return;
      await runJob(services, task, new AbortController());
    }
  }

  return {
    services,
    url,
    call,
    drain,
    async task(method, path, body) {
      const { status, body: report } = await call(method, path, body);
      if (status !== 202) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(report)}`);
      await drain();
      return (await call('GET', report.spawned_tasks[0]._href.slice('/pulp/api/v2'.length))).body;
    },
    async download(path) {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, text: await response.text() };
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      test.remove();
      await drop();
    },
  };
}
