import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { CORE_MODELS, createModels } from '../../src/core/models.ts';
import type { Services } from '../../src/core/services.ts';
import type { TaskDefinition, TaskObserver } from '../../src/core/task/types.ts';
import { createSecretBox } from '../../src/platform/crypto/secret-box.ts';
import type { Database } from '../../src/platform/postgres/database.ts';
import { createFileStore } from '../../src/platform/storage/file-store.ts';

export interface TestServices {
  services: Services;
  /** The same for another process. */
  another(): Services;
  remove(): void;
}

/** Services on a test database, with a store in a temporary folder and only the given tasks. */
export function createTestServices(
  database: Database,
  tasks: readonly TaskDefinition[],
  observers: readonly TaskObserver[],
): TestServices {
  const folder = mkdtempSync(join(tmpdir(), 'pulp-gateway-test-'));
  const services: Services = {
    database,
    store: createFileStore(join(folder, 'storage'), { allowedDigests: ['sha224', 'sha256', 'sha384', 'sha512'] }),
    secrets: createSecretBox(Buffer.alloc(32, 7)),
    models: createModels(CORE_MODELS),
    log: pino({ level: 'silent' }),
    processId: randomUUID(),
    definitions: new Map(tasks.map((task) => [task.name, task])),
    observers,
    settings: {
      workingDirectory: join(folder, 'work'),
      allowedChecksums: ['sha224', 'sha256', 'sha384', 'sha512'],
      allowedImportPaths: [],
      orphanProtectionMinutes: 0,
      workerTtl: 30,
      fetchFailureCooldown: 300,
      versions: { core: '3.123.1', file: '3.123.1' },
      userAgent: 'pulp-gateway test',
      contentOrigin: null,
      contentPathPrefix: '/pulp/content/',
    },
  };
  return {
    services,
    another: () => ({ ...services, processId: randomUUID() }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
