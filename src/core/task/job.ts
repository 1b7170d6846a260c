import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from '../../platform/postgres/sql.ts';
import { PulpError } from '../errors.ts';
import { outageOf } from '../outage.ts';
import type { Services } from '../services.ts';
import { dispatch } from './dispatch.ts';
import { endSurely } from './ending.ts';
import { startProfile } from './profile.ts';
import { closeProgress, openProgress } from './progress.ts';
import type { TaskEnd } from './queue.ts';
import type { Job, Json, TaskRow } from './types.ts';

/** Runs a task that this process has claimed, to its end. Never throws for what the task does. */
export async function runJob(services: Services, row: TaskRow, controller: AbortController): Promise<TaskEnd> {
  const created: string[] = [];
  const folder = join(services.settings.workingDirectory, services.processId, row.id);
  let usedFolder = false;
  let reported = false;

  const job: Job = {
    id: row.id,
    row,
    services,
    signal: controller.signal,
    async workdir() {
      usedFolder = true;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    progress(options) {
      reported = true;
      return openProgress(services.database, row.id, options);
    },
    groupProgress: (code, message, increment) => addGroupProgress(services, row, code, message, increment),
    created: (prn) => created.push(prn),
    dispatch: (request) =>
      dispatch(services.database, services.secrets, {
        ...request,
        parentId: row.id,
        groupId: row.group_id,
        createdBy: row.created_by,
        cid: row.logging_cid,
      }),
  };

  const profile = startProfile(row);
  const end = await outcome(job, created);
  try {
    await profile?.save(services.database);
    if (reported) await closeProgress(services.database, row.id, end.state === 'completed' ? 'completed' : 'canceled');
    if (usedFolder) await rm(folder, { recursive: true, force: true });
  } catch (error) {
    services.log.error({ err: error, task: row.id, name: row.name }, 'a task could not be tidied up after');
  }
  return endAs(services, row, end);
}

/** A task that was asked to stop when it had just finished, or did not listen, is canceled all the same. */
async function endAs(services: Services, row: TaskRow, end: TaskEnd): Promise<TaskEnd> {
  if (await endSurely(services, row, end.state === 'canceled' ? ['running', 'canceling'] : ['running'], end))
    return end;
  const canceled: TaskEnd = { ...end, state: 'canceled', result: null };
  if (!(await endSurely(services, row, ['canceling'], canceled))) {
    services.log.warn({ task: row.id, name: row.name }, 'a task was taken from this process while it ran');
  }
  return canceled;
}

async function outcome(job: Job, created: string[]): Promise<TaskEnd> {
  const { row, services, signal } = job;
  try {
    const definition = services.definitions.get(row.name);
    if (!definition) throw new Error(`No task named ${row.name} is known to this version.`);
    const args = JSON.parse(services.secrets.open(row.arguments)) as { [key: string]: Json };
    const result = await definition.run(job, args);
    return { state: 'completed', result, error: null, created };
  } catch (error) {
    if (signal.aborted) return { state: 'canceled', result: null, error: abortReason(signal), created };
    if (!(error instanceof PulpError)) services.log.error({ err: error, task: row.id, name: row.name }, 'task failed');
    return { state: 'failed', result: null, error: describe(error), created };
  }
}

function abortReason(signal: AbortSignal): { reason: string } | null {
  return typeof signal.reason === 'string' ? { reason: signal.reason } : null;
}

function describe(error: unknown) {
  const known = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof PulpError ? error.code : null;
  const outage = outageOf(error);
  const description = outage ? `${outage.message} (${known.message})` : known.message;
  return { description, traceback: known.stack ?? null, ...(code && { error_code: code }) };
}

async function addGroupProgress(services: Services, row: TaskRow, code: string, message: string, increment: number) {
  if (!row.group_id) return;
  await services.database.execute(sql`
    insert into group_progress_report (group_id, code, message, done)
    values (${row.group_id}, ${code}, ${message}, ${increment})
    on conflict (group_id, code) do update set done = group_progress_report.done + excluded.done`);
}
