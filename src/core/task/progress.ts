import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';

export interface ProgressOptions {
  code: string;
  message: string;
  /** Null: not known yet. */
  total: number | null;
}

export interface ProgressRow {
  message: string;
  code: string;
  state: string;
  total: number | null;
  done: number;
  suffix: string | null;
}

/** A report of a running task. Counting is cheap: it is saved at most every two seconds, and at its end. */
export interface Progress {
  add(count: number): void;
  setTotal(total: number): void;
  setSuffix(suffix: string): void;
  complete(): Promise<void>;
  fail(): Promise<void>;
}

const SAVE_MS = 2000;

/** Opens a report in state running. Those still open when their task ends are closed by `closeProgress`. */
export async function openProgress(database: Database, taskId: string, options: ProgressOptions): Promise<Progress> {
  let { total } = options;
  let done = 0;
  let suffix: string | null = null;
  let savedAt = Date.now();
  const { id } = await database.one<{ id: string }>(sql`
    insert into progress_report (task_id, code, message, state, total)
    values (${taskId}, ${options.code}, ${options.message}, 'running', ${total}) returning id`);

  const save = (state: string) =>
    database.execute(sql`update progress_report
      set state = ${state}, total = ${total}, done = ${done}, suffix = ${suffix} where id = ${id}`);

  let saving: Promise<unknown> = Promise.resolve();
  function saveSometimes(): void {
    if (Date.now() - savedAt < SAVE_MS) return;
    savedAt = Date.now();
    // Never the reason why a task fails; its end is saved with errors shown.
    saving = save('running').catch(() => undefined);
  }
  async function end(state: string): Promise<void> {
    await saving;
    await save(state);
  }

  return {
    add(count) {
      done += count;
      saveSometimes();
    },
    setTotal(value) {
      total = value;
    },
    setSuffix(value) {
      suffix = value;
    },
    complete: () => end('completed'),
    fail: () => end('failed'),
  };
}

/** What a task left open when it ended: reports of a failed task end as canceled (corrections.md 3.9). */
export async function closeProgress(
  database: Database,
  taskId: string,
  state: 'completed' | 'canceled',
): Promise<void> {
  await database.execute(
    sql`update progress_report set state = ${state} where task_id = ${taskId} and state = 'running'`,
  );
}
