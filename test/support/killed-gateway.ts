import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Gateway } from './gateway.ts';

/** What tests that kill the gateway do with it in between. */

export interface EndedTask {
  state: string;
  error: { reason?: string } | null;
  created_resources: string[];
}

/** The JSON of an answer that must be good. */
export async function ask<Answer>(gateway: Gateway, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await gateway.call(method, path, body);
  expect(response.status, `${method} ${path}`).toBeLessThan(300);
  return (await response.json()) as Answer;
}

/** Waits until a task of either face has ended. */
export async function ended(gateway: Gateway, task: string): Promise<EndedTask> {
  for (;;) {
    const found = await ask<EndedTask>(gateway, 'GET', task);
    if (['completed', 'failed', 'canceled'].includes(found.state)) return found;
    await delay(20);
  }
}

/** Runs what answers with a task to a good end. */
export async function run(gateway: Gateway, method: string, path: string, body: unknown): Promise<EndedTask> {
  const task = await ended(gateway, taskOf(await ask(gateway, method, path, body)));
  expect(task.state, JSON.stringify(task.error)).toBe('completed');
  return task;
}

/** The v3 address of the task in an answer of either face. */
export function taskOf(answer: { task?: string; spawned_tasks?: { task_id: string }[] }): string {
  return answer.task ?? `/pulp/api/v3/tasks/${answer.spawned_tasks?.[0]?.task_id}/`;
}

/** A power cut for every worker, none for the server. */
export async function killWorkers(gateway: Gateway): Promise<void> {
  const path = '/pulp/api/v3/workers/?online=true';
  const workers = await ask<{ results: { name: string }[] }>(gateway, 'GET', path);
  for (const { name } of workers.results) killIfThere(Number(name.split('@')[0]));
}

/** Workers that were killed before still count as online for a while. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Temporary files of the last minute may belong to work under way (core/orphan/cleanup.ts). */
const BUSY_MS = 60_000;

/** Cleans up, and expects as many files in the store as there are artifacts, and no old temporary ones. */
export async function expectNoStrayFiles(gateway: Gateway): Promise<void> {
  const cleaned = Date.now();
  await run(gateway, 'POST', '/pulp/api/v3/orphans/cleanup/', { orphan_protection_time: 0 });
  const { count } = await ask<{ count: number }>(gateway, 'GET', '/pulp/api/v3/artifacts/?limit=1');
  expect(filesIn(gateway, 'storage/artifact')).toHaveLength(count);
  const left = filesIn(gateway, 'storage/tmp').filter((path) => statSync(path).ctimeMs < cleaned - BUSY_MS);
  expect(left).toEqual([]);
}

export function filesIn(gateway: Gateway, folder: string): string[] {
  const entries = readdirSync(join(gateway.home, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
