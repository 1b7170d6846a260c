import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { saveArtifacts } from '../../../src/core/artifact/store.ts';
import { storeContent } from '../../../src/core/content/store.ts';
import { ORPHAN_CLEANUP, orphanCleanup } from '../../../src/core/orphan/cleanup.ts';
import type { Services } from '../../../src/core/services.ts';
import { dispatch } from '../../../src/core/task/dispatch.ts';
import { dispatchImmediate } from '../../../src/core/task/immediate.ts';
import { startTask } from '../../../src/core/task/queue.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import type { StagedFile } from '../../../src/platform/storage/artifact-store.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTestServices, type TestServices } from '../../support/services.ts';

let test: TestDatabase;
let harness: TestServices;
let services: Services;

beforeAll(async () => {
  test = await createTestDatabase();
  harness = createTestServices(test.database, [orphanCleanup], []);
  services = harness.services;
});

afterAll(async () => {
  harness.remove();
  await test.drop();
});

beforeEach(async () => {
  await services.database.execute(sql`delete from content`);
  await services.database.execute(sql`delete from artifact`);
  await services.database.execute(sql`delete from task`);
});

async function* text(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

const stage = (content: string): Promise<StagedFile> => services.store.receive(text(content), {});

async function storeUnit(staged: StagedFile): Promise<void> {
  await services.database.transaction(async (tx) => {
    await saveArtifacts(tx, services.store, [staged]);
    const artifacts = [{ relative_path: staged.sha256, sha256: staged.sha256, source: null }];
    const unit = { type: 'file.file', key: [staged.sha256], attributes: {}, details: null, artifacts, origin: null };
    await storeContent(tx, [unit]);
  });
}

const request = (name: string) => ({
  name,
  args: { minutes: 0 },
  exclusive: [],
  shared: [],
  immediate: true,
  createdBy: null,
  cid: '',
  parentId: null,
  groupId: null,
});

async function clean(): Promise<void> {
  const task = await dispatchImmediate(services, request(ORPHAN_CLEANUP));
  expect(task.error).toBeNull();
}

describe('orphan cleanup', () => {
  it('removes orphans, their bytes, and bytes that never got a row', async () => {
    const [orphan, stray] = [await stage('orphan'), await stage('stray')];
    await storeUnit(orphan);
    await stray.commit();

    await clean();

    expect(await services.database.query(sql`select id from content union all select id from artifact`)).toEqual([]);
    expect(await services.store.exists(orphan.sha256)).toBe(false);
    expect(await services.store.exists(stray.sha256)).toBe(false);
  });

  it('leaves what a task at work has just stored', async () => {
    const task = await dispatch(services.database, services.secrets, request('other'));
    await startTask(services.database, task.id, services.processId);
    const used = await stage('used');
    await storeUnit(used);

    await clean();

    expect(await services.store.exists(used.sha256)).toBe(true);
  });

  it('waits for bytes that are in place and have no row yet', async () => {
    const staged = await stage('on its way');
    let cleaned: Promise<void> | undefined;
    await services.database.transaction(async (tx) => {
      await saveArtifacts(tx, services.store, [staged]);
      cleaned = clean();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await services.store.exists(staged.sha256)).toBe(true);
    });
    await cleaned;

    expect(await services.store.exists(staged.sha256)).toBe(true);
    expect(await services.database.query(sql`select id from artifact`)).toHaveLength(1);
  });
});
