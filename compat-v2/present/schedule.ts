import type { ScheduleRow } from '../../src/core/task/schedule.ts';
import { objectIdOf } from '../object-id.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { scheduledArgs } from '../store/schedules.ts';
import { epochSeconds, v2Time } from './times.ts';

/** What the kind of a schedule decides: of syncs, or of publishes. */
export type ScheduleWords = {
  /** Name of the function that the original called, not of a task. */
  readonly task: string;
  readonly args: readonly string[];
  readonly resource: string;
};

/** v2-api.md 4.5; `base` is the path of the list, with both slashes. */
export function presentSchedule(
  v2: V2App,
  row: ScheduleRow,
  words: ScheduleWords,
  base: string,
): JsonObject & { _href: string } {
  const id = objectIdOf(row.id);
  return {
    next_run: v2Time(row.next_dispatch),
    remaining_runs: row.remaining_dispatches,
    last_updated: epochSeconds(row.updated),
    first_run: v2Time(row.first_dispatch),
    total_run_count: row.dispatch_count,
    schedule: row.iso_interval,
    kwargs: { overrides: scheduledArgs(v2, row).override_config, scheduled_call_id: id },
    args: [...words.args],
    enabled: row.enabled,
    last_run_at: v2Time(row.last_dispatch),
    task: words.task,
    failure_threshold: row.failure_threshold,
    resource: words.resource,
    _id: id,
    consecutive_failures: row.consecutive_failures,
    _href: `${base}${id}/`,
  };
}
