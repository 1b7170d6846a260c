import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { TaskRow } from './types.ts';

/** What tasks can be asked to measure (v3-api.md 3.11); other names are ignored. */
export const DIAGNOSTICS = ['memory'];

const SAMPLE_MS = 250;

/** A measurement that runs beside a task. */
export interface Profile {
  save(database: Queryable): Promise<void>;
}

/** Starts what the task was asked to measure: memory of its process, as lines of seconds and MiB. Null: nothing. */
export function startProfile(row: TaskRow): Profile | null {
  if (!row.diagnostics.includes('memory')) return null;
  const began = Date.now();
  const lines = ['# seconds since the start, resident memory in MiB'];
  const sample = () => {
    const seconds = (Date.now() - began) / 1000;
    lines.push(`${seconds.toFixed(2)} ${(process.memoryUsage.rss() / 1_048_576).toFixed(1)}`);
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    async save(database) {
      clearInterval(timer);
      sample();
      await database.execute(sql`
        insert into task_profile (task_id, name, content) values (${row.id}, 'memory_profile', ${`${lines.join('\n')}\n`})
        on conflict (task_id, name) do update set content = excluded.content`);
    },
  };
}
