/** ISO 8601 repeating intervals `[R<n>/][<start>/]<duration>` (v2-api.md 4.5), reckoned in the UTC calendar. */

const DURATION =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const DATE_TIME =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
const RUNS = /^R(\d*)$/;
/** What an integer column holds. */
const MOST_RUNS = 2 ** 31 - 1;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** So that the next run is before the year 10000, which timestamps in ISO form cannot say. */
const LONGEST = 1000 * 366 * DAY;

/** Moments that ISO texts and the database have in common. */
const FIRST = new Date('0001-01-01T00:00:00Z');
const LAST = new Date('9999-12-31T23:59:59.999Z');

/** Calendar months, whose length varies, and milliseconds, added in this order. */
export interface Duration {
  months: number;
  milliseconds: number;
}

export interface RepeatingInterval {
  /** How often it fires at most; null without a limit. */
  runs: number | null;
  start: Date | null;
  duration: Duration;
}

/** A text that is no repeating interval; `message` says why. */
export class IntervalError extends Error {}

/** Throws `IntervalError`, also for `R0`, durations of nothing, and months or years without a start. */
export function parseInterval(text: string): RepeatingInterval {
  const parts = text.split('/');
  const runs = parts[0]?.startsWith('R') ? parseRuns(parts.shift() ?? '') : null;
  const duration = parseDuration(parts.pop() ?? '');
  const start = parts.length > 0 ? parseDateTime(parts.shift() ?? '') : null;
  if (parts.length > 0) throw new IntervalError(`"${text}" has too many parts`);
  if (duration.months > 0 && !start) throw new IntervalError('years and months need a start');
  return { runs, start, duration };
}

/** The shortest text that parses to the same interval; start in UTC, without a fraction of zero. */
export function formatInterval({ runs, start, duration }: RepeatingInterval): string {
  const parts = [formatDuration(duration)];
  if (start) parts.unshift(start.toISOString().replace('.000Z', 'Z'));
  if (runs !== null) parts.unshift(`R${runs}`);
  return parts.join('/');
}

/** The first moment later than `now` among `firstRun`, `firstRun` + 1 duration, `firstRun` + 2 durations … */
export function nextAfter(interval: Pick<RepeatingInterval, 'duration'>, firstRun: Date, now: Date): Date {
  const at = (count: number) => addDuration(firstRun, interval.duration, count);
  if (firstRun > now) return firstRun;
  let before = 0;
  let after = 1;
  while (at(after) <= now) {
    before = after;
    after *= 2;
  }
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (at(middle) <= now) before = middle;
    else after = middle;
  }
  return at(after);
}

/** The same time of day months later (the last day of a shorter month), then milliseconds; all multiplied by `count`. */
export function addDuration(date: Date, { months, milliseconds }: Duration, count: number): Date {
  const month = date.getUTCMonth() + months * count;
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const moved = new Date(date);
  moved.setUTCFullYear(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), lastDay));
  return new Date(moved.getTime() + milliseconds * count);
}

function parseRuns(text: string): number | null {
  const digits = RUNS.exec(text)?.[1];
  if (digits === undefined) throw new IntervalError(`"${text}" is no number of runs`);
  const runs = digits === '' ? null : Number(digits);
  if (runs !== null && (runs < 1 || runs > MOST_RUNS)) throw new IntervalError(`runs must be 1 to ${MOST_RUNS}`);
  return runs;
}

function parseDuration(text: string): Duration {
  const found = DURATION.exec(text);
  if (!found) throw new IntervalError(`"${text}" is no duration`);
  const [years, months, weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  const sum = (...terms: [number | undefined, number][]) => terms.reduce((total, [n = 0, unit]) => total + n * unit, 0);
  const duration = {
    months: sum([years, 12], [months, 1]),
    milliseconds: Math.round(sum([weeks, WEEK], [days, DAY], [hours, HOUR], [minutes, MINUTE], [seconds, SECOND])),
  };
  if (duration.months + duration.milliseconds === 0) throw new IntervalError('the duration is zero');
  if (!(addDuration(new Date(0), duration, 1).getTime() < LONGEST)) throw new IntervalError('the duration is too long');
  return duration;
}

/** A date-time of ISO 8601 in the years 1 to 9999; one without a zone is in UTC. Throws `IntervalError`. */
export function parseDateTime(text: string): Date {
  const found = DATE_TIME.exec(text);
  if (!found) throw new IntervalError(`"${text}" is no date and time`);
  const [year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '0'] = found.slice(1);
  const zone = (found[8] ?? 'Z').replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`);
  const local = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  // Date turns the 30th of February into the 1st of March.
  if (Number.isNaN(local.getTime()) || local.getUTCDate() !== Number(day))
    throw new IntervalError(`"${text}" does not exist`);
  const offset = zone === 'Z' ? 0 : new Date(`1970-01-01T00:00:00${zone}`).getTime();
  if (Number.isNaN(offset)) throw new IntervalError(`"${zone}" is no time zone`);
  const date = new Date(local.getTime() + offset);
  if (date < FIRST || date > LAST) throw new IntervalError(`"${text}" is out of range`);
  return date;
}

function formatDuration({ months, milliseconds }: Duration): string {
  const date = unit(Math.floor(months / 12), 'Y') + unit(months % 12, 'M') + unit(Math.floor(milliseconds / DAY), 'D');
  const rest = milliseconds % DAY;
  const time =
    unit(Math.floor(rest / HOUR), 'H') +
    unit(Math.floor((rest % HOUR) / MINUTE), 'M') +
    unit((rest % MINUTE) / SECOND, 'S');
  return `P${date}${time && `T${time}`}`;
}

function unit(count: number, letter: string): string {
  return count > 0 ? `${count}${letter}` : '';
}
