import { randomUUID } from 'node:crypto';
import type { Config } from './config/config.ts';
import { createAuthenticator } from './core/access/authenticate.ts';
import { CORE_MODELS, createModels } from './core/models.ts';
import type { CoreSettings, Services } from './core/services.ts';
import type { TaskDefinition, TaskObserver } from './core/task/types.ts';
import type { DigestName } from './platform/crypto/digests.ts';
import { createSecretBox } from './platform/crypto/secret-box.ts';
import type { Database } from './platform/postgres/database.ts';
import { createFileStore } from './platform/storage/file-store.ts';
import { createLog } from './platform/telemetry/log.ts';
import type { App } from './plugin/app.ts';
import type { Plugin } from './plugin/plugin.ts';
import { createRegistry } from './plugin/registry.ts';

/** Version of Pulp 3 whose core API is spoken; clients switch features on by it. */
const CORE_VERSION = '3.123.1';

export interface Context {
  app: App;
}

/** Builds everything once, for one process. */
export function createContext(config: Config, database: Database, secretKey: Buffer): Context {
  const plugins: readonly Plugin[] = [];
  const registry = createRegistry(plugins);
  const definitions: TaskDefinition[] = plugins.flatMap((plugin) => plugin.tasks);
  const observers: TaskObserver[] = [];
  const services: Services = {
    database,
    store: createFileStore(config.storage, { allowedDigests: config.allowedContentChecksums as DigestName[] }),
    secrets: createSecretBox(secretKey),
    models: createModels([...CORE_MODELS, ...plugins.flatMap((plugin) => plugin.models)]),
    log: createLog(config.logLevel),
    processId: randomUUID(),
    definitions: new Map(definitions.map((definition) => [definition.name, definition])),
    observers,
    settings: coreSettings(config, plugins),
  };
  return { app: { services, registry, authenticator: createAuthenticator(database), contentRoots: [] } };
}

function coreSettings(config: Config, plugins: readonly Plugin[]): CoreSettings {
  return {
    workingDirectory: config.workingDirectory,
    allowedChecksums: config.allowedContentChecksums,
    allowedImportPaths: config.allowedImportPaths,
    orphanProtectionMinutes: config.orphanProtectionTime,
    workerTtl: config.workerTtl,
    fetchFailureCooldown: config.remoteContentFetchFailureCooldown,
    versions: Object.fromEntries([['core', CORE_VERSION], ...plugins.map(({ label, version }) => [label, version])]),
    userAgent: `pulpcore/${CORE_VERSION} (pulp-gateway)`,
    contentOrigin: config.contentOrigin,
    contentPathPrefix: config.contentPathPrefix,
  };
}
