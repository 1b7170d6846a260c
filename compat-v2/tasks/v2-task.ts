import type { Job, Json, TaskDefinition } from '../../src/core/task/types.ts';
import type { Mappings } from '../../src/mapping/load.ts';
import { sql } from '../../src/platform/postgres/sql.ts';
import type { Registry } from '../../src/plugin/registry.ts';
import { nameTask, type V2Call } from '../call-report.ts';
import { executionError, toV2Error } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';

/** What task definitions of v2 are made with, before there are services. */
export type V2Deps = { readonly mappings: Mappings; readonly registry: Registry };

/** What the code that requests and tasks share works with. */
export function v2Of({ mappings, registry }: V2Deps, { services }: Pick<Job, 'services'>): V2App {
  return { app: { services, registry }, mappings };
}

/** What a running v2 task can do beyond a core job. */
export type V2Job = {
  readonly job: Job;
  /** Replaces the task's progress_report. */
  saveProgress(report: JsonObject): Promise<void>;
  /** Queues a child: it appears among the task's spawned_tasks. */
  spawn(call: V2Call): Promise<string>;
};

/** How v2 calls a task whose arguments are these: for tasks that a schedule queued without a v2 request. */
export type TagsOf<Args> = (args: Args) => readonly string[];

/**
 * A task of v2. What `run` gives is its `result` in v2; an error is stored in v2's form and ends the task, in v3's words
 * too. The traceback has the one line that tells something: the original's frames were those of another program.
 */
export function v2Task<Args extends JsonObject>(
  taskType: string,
  tagsOf: TagsOf<Args>,
  run: (task: V2Job, args: Args) => Promise<Json>,
): TaskDefinition {
  return {
    name: taskType,
    async run(job, given) {
      const args = given as Args;
      const task = openTask(job);
      await nameTask(job.services.database, job.id, { taskType, tags: tagsOf(args) });
      try {
        await saveResult(job, await run(task, args));
      } catch (error) {
        if (!job.signal.aborted) await saveError(job, error);
        throw error;
      }
      return null;
    },
  };
}

function openTask(job: Job): V2Job {
  const { database } = job.services;
  return {
    job,
    async saveProgress(report) {
      await database.execute(
        sql`update v2_task set progress_report = ${JSON.stringify(report)}::jsonb where task_id = ${job.id}`,
      );
    },
    async spawn(call) {
      const { taskType: name, args, exclusive, shared } = call;
      const child = await job.dispatch({ name, args, exclusive, shared, immediate: false });
      await nameTask(database, child.id, call);
      return child.id;
    },
  };
}

async function saveError(job: Job, error: unknown): Promise<void> {
  const { type, document } = toV2Error(error) ?? executionError('The task failed for an internal reason.');
  const traceback = `Traceback (most recent call last):\n${type}: ${document.description}\n`;
  await job.services.database.execute(sql`
    update v2_task set error = ${JSON.stringify(document)}::jsonb, traceback = ${traceback}
    where task_id = ${job.id}`);
}

async function saveResult(job: Job, result: Json): Promise<void> {
  if (result === null) return;
  await job.services.database.execute(
    sql`update v2_task set result = ${JSON.stringify(result)}::jsonb where task_id = ${job.id}`,
  );
}
