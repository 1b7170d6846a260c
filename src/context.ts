import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { v2Observers } from '../compat-v2/observers.ts';
import { createV2Router } from '../compat-v2/router.ts';
import { v2Tasks } from '../compat-v2/tasks/all.ts';
import { createV3Router } from './api/router.ts';
import type { Config } from './config/config.ts';
import { projectRoot } from './config/root.ts';
import { createAuthenticator } from './core/access/authenticate.ts';
import { CORE_MODELS, createModels } from './core/models.ts';
import type { CoreSettings, Services } from './core/services.ts';
import type { TaskDefinition, TaskObserver } from './core/task/types.ts';
import { coreTasks } from './core/tasks/core-tasks.ts';
import { loadMappings, type Mappings } from './mapping/load.ts';
import { migrateTask } from './migrator/task.ts';
import type { DigestName } from './platform/crypto/digests.ts';
import { createSecretBox } from './platform/crypto/secret-box.ts';
import type { Database } from './platform/postgres/database.ts';
import { createFileStore } from './platform/storage/file-store.ts';
import { createLog } from './platform/telemetry/log.ts';
import type { App, ContentRoot } from './plugin/app.ts';
import type { Plugin } from './plugin/plugin.ts';
import { createRegistry } from './plugin/registry.ts';
import { typeHooks } from './plugin/type-hooks.ts';
import { filePlugin } from './plugins/file/index.ts';

/** Version of Pulp 3 whose core API is spoken; clients switch features on by it. */
const CORE_VERSION = '3.123.1';

const PLUGINS: readonly Plugin[] = [filePlugin];

export interface Context {
  app: App;
  mappings: Mappings;
}

/** Builds everything once, for one process. */
export function createContext(config: Config, database: Database, secretKey: Buffer): Context {
  const registry = createRegistry(PLUGINS);
  const mappings = loadMappings(join(projectRoot, 'mappings'));
  const definitions: TaskDefinition[] = [
    ...coreTasks(typeHooks(registry)),
    ...PLUGINS.flatMap((plugin) => plugin.tasks),
    ...v2Tasks({ mappings, registry }),
    migrateTask({ mappings, registry }),
  ];
  const observers: TaskObserver[] = v2Observers({ mappings, registry });
  const services: Services = {
    database,
    store: createFileStore(config.storage, { allowedDigests: config.allowedContentChecksums as DigestName[] }),
    secrets: createSecretBox(secretKey),
    models: createModels([...CORE_MODELS, ...PLUGINS.flatMap((plugin) => plugin.models)]),
    log: createLog(config.logLevel),
    processId: randomUUID(),
    definitions: new Map(definitions.map((definition) => [definition.name, definition])),
    observers,
    settings: coreSettings(config),
  };
  const app = {
    services,
    registry,
    authenticator: createAuthenticator(database),
    contentRoots: legacyRoots(mappings),
  };
  return { app, mappings };
}

/** The REST faces, behind one Express application. */
export function createRestApp({ app, mappings }: Context): Express {
  const rest = express();
  rest.disable('x-powered-by');
  rest.disable('etag');
  rest.use('/pulp/api/v3', createV3Router(app, projectRoot));
  rest.use('/pulp/api/v2', createV2Router(app, mappings));
  return rest;
}

/** Where the hosts of Pulp 2 look for each family's content. */
function legacyRoots(mappings: Mappings): ContentRoot[] {
  return mappings.families.map(({ repository }) => ({
    prefix: repository.legacy_root,
    types: [repository.type],
  }));
}

function coreSettings(config: Config): CoreSettings {
  return {
    workingDirectory: config.workingDirectory,
    allowedChecksums: config.allowedContentChecksums,
    allowedImportPaths: config.allowedImportPaths,
    orphanProtectionMinutes: config.orphanProtectionTime,
    workerTtl: config.workerTtl,
    fetchFailureCooldown: config.remoteContentFetchFailureCooldown,
    versions: Object.fromEntries([['core', CORE_VERSION], ...PLUGINS.map(({ label, version }) => [label, version])]),
    userAgent: `pulpcore/${CORE_VERSION} (pulp-gateway)`,
    contentOrigin: config.contentOrigin,
    contentPathPrefix: config.contentPathPrefix,
  };
}
