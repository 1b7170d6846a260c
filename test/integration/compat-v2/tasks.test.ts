import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ORPHAN_CLEANUP } from '../../../src/core/orphan/cleanup.ts';
import { dispatch } from '../../../src/core/task/dispatch.ts';
import type { TaskRow } from '../../../src/core/task/types.ts';
import { sql } from '../../../src/platform/postgres/sql.ts';
import { createV2World, type V2World } from '../../support/v2-world.ts';

const SYNC = 'pulp_file.app.tasks.synchronizing.synchronize';

let world: V2World;

beforeAll(async () => {
  world = await createV2World();
  await world.call('POST', '/repositories/', { id: 'zoo', importer_type_id: 'iso_importer', importer_config: {} });
});

afterAll(() => world.close());

beforeEach(() => world.services.database.execute(sql`truncate task, task_group cascade`));

/** Queues a task as the v3 face does. */
async function queued(
  name: string,
  fields: { exclusive?: string[]; groupId?: string; parentId?: string },
): Promise<TaskRow> {
  const { database, secrets } = world.services;
  const { exclusive = [], groupId = null, parentId = null } = fields;
  return dispatch(database, secrets, {
    ...{ name, args: {}, exclusive, shared: [], immediate: false, createdBy: null, cid: 'c', parentId, groupId },
  });
}

async function repositoryPrn(): Promise<string> {
  const { id } = await world.services.database.one<{ id: string }>(sql`select id from repository where name = 'zoo'`);
  return world.services.models.prn('repository', 'file.file', id);
}

async function found(criteria: object): Promise<string[]> {
  const { status, body } = await world.call('POST', '/tasks/search/', { criteria });
  expect(status).toBe(200);
  return body.map(({ task_id }: { task_id: string }) => task_id);
}

describe('tasks of v3', () => {
  it('have the type and tags that v2 would have given them', async () => {
    const { id } = await queued(SYNC, { exclusive: [await repositoryPrn()] });
    const { body } = await world.call('GET', `/tasks/${id}/`);
    expect(body).toMatchObject({
      task_id: id,
      task_type: 'pulp.server.managers.repo.sync.sync',
      tags: ['pulp:repository:zoo', 'pulp:action:sync'],
      state: 'waiting',
      progress_report: {},
      result: null,
      error: null,
    });
    expect(body.queue).toBe(`${body.worker_name}.dq2`);
    expect(await found({ filters: { tags: { $all: ['pulp:repository:zoo', 'pulp:action:sync'] } } })).toEqual([id]);
    expect(await found({ filters: { tags: 'pulp:action:publish' } })).toEqual([]);
  });

  it('keep their own name when v2 knows nothing like them', async () => {
    const { id } = await queued('pulpcore.app.tasks.purge.purge', {});
    expect((await world.call('GET', `/tasks/${id}/`)).body).toMatchObject({
      task_type: 'pulpcore.app.tasks.purge.purge',
      tags: [],
    });
  });

  it('show how they failed', async () => {
    const { id } = await queued('no.such.task', {});
    await world.drain();
    const { body } = await world.call('GET', `/tasks/${id}/`);
    expect(body).toMatchObject({ state: 'error', error: { code: 'PLP0000', data: {}, sub_errors: [] } });
    expect(body.error.description).toContain('no.such.task');
    expect(body.traceback).toContain('no.such.task');
  });

  it('report their progress as steps', async () => {
    const { id } = await queued(ORPHAN_CLEANUP, {});
    await world.services.database.execute(sql`
      insert into progress_report (task_id, code, message, state, total, done)
      values (${id}, 'clean-up.content', 'Clean up orphan Content', 'running', 7, 3)`);
    const { body } = await world.call('GET', `/tasks/${id}/`);
    expect(body.progress_report.orphan_cleanup).toMatchObject([
      {
        ...{ step_type: 'clean-up.content', description: 'Clean up orphan Content', state: 'IN_PROGRESS' },
        ...{ items_total: 7, num_processed: 3, num_success: 3, num_failures: 0, error_details: [] },
      },
    ]);
  });

  it('name their children', async () => {
    const parent = await queued(ORPHAN_CLEANUP, {});
    const child = await queued(SYNC, { parentId: parent.id });
    expect((await world.call('GET', `/tasks/${parent.id}/`)).body.spawned_tasks).toEqual([
      { _href: `/pulp/api/v2/tasks/${child.id}/`, task_id: child.id },
    ]);
  });
});

describe('searches', () => {
  it('compare states, times and ids as v2 shows them', async () => {
    const first = await queued('a', {});
    const second = await queued('b', {});
    await world.drain();
    expect(await found({ filters: { state: 'error' }, sort: [['id', 'descending']] })).toEqual([second.id, first.id]);
    expect(await found({ filters: { task_id: { $in: [second.id, 'none'] } } })).toEqual([second.id]);
    expect(await found({ filters: { finish_time: { $gt: '2000-01-01T00:00:00Z' } }, limit: 1 })).toEqual([first.id]);
    expect(await found({ filters: { state: 'failed' } })).toEqual([]);
    const { body } = await world.call('GET', `/tasks/${first.id}/`);
    expect(await found({ filters: { _id: body.id, finish_time: body.finish_time } })).toEqual([first.id]);
  });
});

describe('canceling and purging', () => {
  it('ends what waits, and leaves what has ended alone', async () => {
    const { id } = await queued(SYNC, {});
    expect((await world.call('DELETE', `/tasks/${id}/`)).status).toBe(200);
    const canceled = { state: 'canceled', start_time: null, finish_time: null, error: null };
    expect((await world.call('GET', `/tasks/${id}/`)).body).toMatchObject(canceled);
    expect(await world.call('DELETE', `/tasks/${id}/`)).toMatchObject({ status: 200, body: null });
  });

  it('removes only tasks of the states that were named', async () => {
    await queued('fails', {});
    await world.drain();
    const waiting = await queued(SYNC, {});
    expect((await world.call('DELETE', '/tasks/?state=finished')).status).toBe(204);
    expect(await found({})).toHaveLength(2);
    expect((await world.call('DELETE', '/tasks/?state=finished&state=error')).status).toBe(204);
    expect(await found({})).toEqual([waiting.id]);
  });
});

describe('groups', () => {
  it('are counted and canceled, and left out of the list', async () => {
    const { id: groupId } = await world.services.database.one<{ id: string }>(
      sql`insert into task_group (description) values ('test') returning id`,
    );
    const member = await queued(SYNC, { groupId });
    await queued('fails', { groupId });
    const other = await queued(SYNC, {});
    const counts = async () => (await world.call('GET', `/task_groups/${groupId}/state_summary/`)).body;
    expect(await counts()).toMatchObject({ waiting: 2, canceled: 0, total: 2 });
    const { body: list } = await world.call('GET', '/tasks/');
    expect(list.map(({ task_id }: { task_id: string }) => task_id)).toEqual([other.id]);
    expect(await found({ filters: { group_id: null } })).toEqual([other.id]);
    expect(await found({ filters: { group_id: groupId } })).toContain(member.id);
    expect((await world.call('DELETE', `/task_groups/${groupId}/`)).status).toBe(200);
    expect(await counts()).toMatchObject({ waiting: 0, canceled: 2, total: 2 });
  });
});
