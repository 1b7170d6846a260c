import type { ScheduleRow } from '../../src/core/task/schedule.ts';
import type { Json } from '../../src/core/task/types.ts';
import { IntervalError, parseInterval } from '../../src/platform/schedule/interval.ts';
import { invalidValue, unsupportedValue } from '../errors.ts';
import type { JsonObject } from '../operation.ts';
import type { ScheduleFields } from '../store/schedules.ts';
import { isObject } from '../wire/body.ts';

type Checked<Override> = Omit<ScheduleFields, 'args'> & { readonly override_config: Override };

const NEW_KEYS = ['schedule', 'override_config', 'failure_threshold', 'enabled'];
/** The last two are taken and do nothing, as nothing but the URL says what a schedule does. */
const CHANGE_KEYS = [...NEW_KEYS, 'args', 'kwargs'];

/** Checks the keys of a new schedule now, its values when what it gives is called. */
export function checkNew(body: JsonObject): () => Checked<JsonObject> {
  refuseOthers(body, NEW_KEYS);
  return () => {
    const { schedule = null, failure_threshold = null, enabled = true, override_config } = body;
    const bad = [
      ...(isInterval(schedule) ? [] : ['schedule']),
      ...(isThreshold(failure_threshold) ? [] : ['failure_threshold']),
      ...(typeof enabled === 'boolean' ? [] : ['enabled']),
      ...(isOverride(override_config) ? [] : ['override_config']),
    ];
    if (bad.length > 0) throw invalidValue(bad);
    return {
      isoInterval: schedule as string,
      failureThreshold: failure_threshold as number | null,
      enabled: enabled as boolean,
      override_config: isObject(override_config) ? override_config : {},
    };
  };
}

/** The same for a change; `override_config` is null when it stays, and null in the body clears it. */
export function checkChange(body: JsonObject): (row: ScheduleRow) => Checked<JsonObject | null> {
  refuseOthers(body, CHANGE_KEYS);
  return (row) => {
    const { schedule = row.iso_interval, failure_threshold = row.failure_threshold, enabled = row.enabled } = body;
    const bad = [
      ...(isInterval(schedule) ? [] : ['iso_schedule']),
      ...(isThreshold(failure_threshold) ? [] : ['failure_threshold']),
      ...(typeof enabled === 'boolean' ? [] : ['enabled']),
      ...(isOverride(body.override_config) ? [] : ['override_config']),
    ];
    if (bad.length > 0) throw invalidValue(bad);
    return {
      isoInterval: schedule as string,
      failureThreshold: failure_threshold as number | null,
      enabled: enabled as boolean,
      override_config: body.override_config === undefined ? null : ((body.override_config ?? {}) as JsonObject),
    };
  };
}

function refuseOthers(body: JsonObject, known: readonly string[]): void {
  const others = Object.keys(body).filter((key) => !known.includes(key));
  if (others.length > 0) throw unsupportedValue(others);
}

function isInterval(value: Json): value is string {
  if (typeof value !== 'string') return false;
  try {
    parseInterval(value);
    return true;
  } catch (error) {
    if (error instanceof IntervalError) return false;
    throw error;
  }
}

/** What an integer column holds. */
const MOST_FAILURES = 2 ** 31 - 1;

function isThreshold(value: Json): boolean {
  return (
    value === null || (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MOST_FAILURES)
  );
}

function isOverride(value: Json | undefined): boolean {
  return value === undefined || value === null || isObject(value);
}
