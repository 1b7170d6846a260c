import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createContentHandler } from '../../src/content-app/handler.ts';
import { createAuthenticator } from '../../src/core/access/authenticate.ts';
import { refreshAcs } from '../../src/core/acs/refresh.ts';
import { type AcsFields, createAcs } from '../../src/core/acs/transactor.ts';
import type { AcsRow } from '../../src/core/acs/types.ts';
import { createDistribution, type DistributionFields } from '../../src/core/distribution/transactor.ts';
import type { DistributionRow } from '../../src/core/distribution/types.ts';
import { CORE_MODELS, createModels } from '../../src/core/models.ts';
import { createRemote, type RemoteFields } from '../../src/core/remote/transactor.ts';
import type { RemoteRow } from '../../src/core/remote/types.ts';
import { createRepository, type NewRepository } from '../../src/core/repository/transactor.ts';
import type { RepositoryRow } from '../../src/core/repository/types.ts';
import type { Services } from '../../src/core/services.ts';
import { dispatch } from '../../src/core/task/dispatch.ts';
import { runJob } from '../../src/core/task/job.ts';
import { claimTask, startTask } from '../../src/core/task/queue.ts';
import { getTask } from '../../src/core/task/reader.ts';
import type { Json, TaskRow } from '../../src/core/task/types.ts';
import type { Database } from '../../src/platform/postgres/database.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import { createRegistry } from '../../src/plugin/registry.ts';
import { filePlugin } from '../../src/plugins/file/index.ts';
import { createTestDatabase } from './database.ts';
import { createTestServices } from './services.ts';

const SYNC = 'pulp_file.app.tasks.synchronizing.synchronize';
const PUBLISH = 'pulp_file.app.tasks.publishing.publish';

export interface Report {
  code: string;
  message: string;
  state: string;
  total: number | null;
  done: number;
}

/** The file plugin on a database of its own, its tasks run in this process, without any API. */
export interface FileWorld {
  services: Services;
  database: Database;
  repository(fields: Partial<NewRepository> & { name: string }): Promise<RepositoryRow>;
  remote(fields: RemoteFields & { name: string; url: string }): Promise<RemoteRow>;
  distribution(fields: DistributionFields & { name: string; base_path: string }): Promise<DistributionRow>;
  acs(fields: AcsFields & { name: string; remote_id: string }): Promise<AcsRow>;
  /** Refreshes an alternate content source; gives the group's tasks, which have ended. */
  refresh(acs: AcsRow): Promise<TaskRow[]>;
  sync(args: { [key: string]: Json }, controller?: AbortController): Promise<TaskRow>;
  publish(args: { [key: string]: Json }): Promise<TaskRow>;
  /** Sorted by code: reports opened in the same millisecond have no order of their own. */
  reports(task: TaskRow): Promise<Report[]>;
  /** Serves content until the world ends. Gives the origin. */
  serve(): Promise<string>;
  close(): Promise<void>;
}

export async function createFileWorld(): Promise<FileWorld> {
  const { database, drop } = await createTestDatabase();
  const test = createTestServices(database, filePlugin.tasks, []);
  const services: Services = { ...test.services, models: createModels([...CORE_MODELS, ...filePlugin.models]) };
  const servers: { close: () => Promise<void> }[] = [];

  async function run(name: string, args: { [key: string]: Json }, controller: AbortController): Promise<TaskRow> {
    const request = { name, args, exclusive: [], shared: [], immediate: false };
    const origin = { createdBy: null, cid: '', parentId: null, groupId: null };
    const queued = await dispatch(database, services.secrets, { ...request, ...origin });
    const started = await startTask(database, queued.id, services.processId);
    if (!started) throw new Error('The task has to wait.');
    await runJob(services, started, controller);
    return getTask(database, queued.id);
  }

  return {
    services,
    database,
    repository: (fields) => database.transaction((tx) => createRepository(tx, { ...NEW_REPOSITORY, ...fields })),
    remote: (fields) =>
      database.transaction((tx) => createRemote(tx, services.secrets, { type: 'file.file', ...fields })),
    distribution: (fields) => database.transaction((tx) => createDistribution(tx, { type: 'file.file', ...fields })),
    acs: (fields) => database.transaction((tx) => createAcs(tx, { type: 'file.file', ...fields })),
    async refresh(acs) {
      const group = await refreshAcs(services, acs, { syncTask: SYNC, createdBy: null, cid: '' });
      for (;;) {
        const task = await claimTask(database, services.processId);
        if (!task) break;
        await runJob(services, task, new AbortController());
      }
      return database.query<TaskRow>(sql`select * from task where group_id = ${group} order by seq`);
    },
    sync: (args, controller = new AbortController()) => run(SYNC, args, controller),
    publish: (args) => run(PUBLISH, args, new AbortController()),
    reports: (task) =>
      database.query<Report>(
        sql`select code, message, state, total, done from progress_report where task_id = ${task.id} order by code`,
      ),
    async serve() {
      const content = createContentHandler({
        services,
        registry: createRegistry([filePlugin]),
        authenticator: createAuthenticator(database),
        contentRoots: [{ prefix: '/pulp/isos/', types: ['file.file'] }],
      });
      const server = createServer((req, res) => {
        if (!content(req, res)) res.writeHead(418).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      servers.push({
        close: () =>
          new Promise((resolve) => {
            server.closeAllConnections();
            server.close(() => resolve());
          }),
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    async close() {
      for (const server of servers) await server.close();
      await drop();
      test.remove();
    },
  };
}

const NEW_REPOSITORY: Omit<NewRepository, 'name'> = {
  type: 'file.file',
  description: null,
  labels: {},
  retain_repo_versions: null,
  retain_checkpoints: null,
  remote_id: null,
  data: {},
};
