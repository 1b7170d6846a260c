import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDuration,
  formatInterval,
  IntervalError,
  nextAfter,
  parseInterval,
} from '../../../../src/platform/schedule/interval.ts';

const HOUR = 3_600_000;
const date = (text: string) => new Date(text);

describe('repeating intervals', () => {
  it.each([
    ['PT30S', { runs: null, start: null, duration: { months: 0, milliseconds: 30_000 } }],
    ['P1D', { runs: null, start: null, duration: { months: 0, milliseconds: 24 * HOUR } }],
    ['P1W', { runs: null, start: null, duration: { months: 0, milliseconds: 7 * 24 * HOUR } }],
    ['PT1.5H', { runs: null, start: null, duration: { months: 0, milliseconds: 1.5 * HOUR } }],
    ['R3/PT1H', { runs: 3, start: null, duration: { months: 0, milliseconds: HOUR } }],
    [
      'R5/2021-03-01T20:00:00Z/PT12H',
      { runs: 5, start: date('2021-03-01T20:00:00Z'), duration: { months: 0, milliseconds: 12 * HOUR } },
    ],
    [
      'R/2020-01-01T03:00Z/P1Y2M',
      { runs: null, start: date('2020-01-01T03:00:00Z'), duration: { months: 14, milliseconds: 0 } },
    ],
    [
      '2021-03-01T20:00:00+02:00/P1D',
      { runs: null, start: date('2021-03-01T18:00:00Z'), duration: { months: 0, milliseconds: 24 * HOUR } },
    ],
    [
      '20210301T200000-0530/P1D',
      { runs: null, start: date('2021-03-02T01:30:00Z'), duration: { months: 0, milliseconds: 24 * HOUR } },
    ],
    ['2021-03-01/P1M', { runs: null, start: date('2021-03-01T00:00:00Z'), duration: { months: 1, milliseconds: 0 } }],
    [
      '2021-03-01T20:00:00.25/P1D',
      { runs: null, start: date('2021-03-01T20:00:00.250Z'), duration: { months: 0, milliseconds: 24 * HOUR } },
    ],
  ])('parse %s', (text, interval) => {
    expect(parseInterval(text)).toEqual(interval);
  });

  it.each([
    '',
    'daily',
    'x',
    'P',
    'PT',
    'P1DT',
    'P0D',
    '-P1D',
    'P1M',
    'R0/2021-03-01T20:00:00Z/P1D',
    'R-1/P1D',
    'Rx/P1D',
    'R5',
    'R1/R2/P1D',
    '2021-03-01T20:00:00Z',
    '2021-02-30T00:00:00Z/P1D',
    '2021-13-01T00:00:00Z/P1D',
    '2021-03-01T25:00:00Z/P1D',
    '2021-03-01T20:00:00Z/P1D/P1D',
    '2021-03-01T20:00:00Z//P1D',
    'P1D/2021-03-01T20:00:00Z',
    'P99999999999Y',
    'P1D ',
    'p1d',
  ])('refuse %j', (text) => {
    expect(() => parseInterval(text)).toThrow(IntervalError);
  });

  const interval = fc.record({
    runs: fc.option(fc.integer({ min: 1, max: 1e6 })),
    start: fc.date({ min: date('1970-01-01'), max: date('2100-01-01'), noInvalidDate: true }),
    duration: fc
      .record({ months: fc.nat(100), milliseconds: fc.nat(1e10) })
      .filter(({ months, milliseconds }) => months + milliseconds > 0),
  });

  it('print what they parse', () => {
    expect(formatInterval(parseInterval('R5/2021-03-01T20:00:00Z/P1Y2M3DT4H5M6.5S'))).toBe(
      'R5/2021-03-01T20:00:00Z/P1Y2M3DT4H5M6.5S',
    );
    fc.assert(
      fc.property(interval, (sample) => {
        expect(parseInterval(formatInterval(sample))).toEqual(sample);
      }),
    );
  });
});

describe('the next run', () => {
  it.each([
    ['P1D', '2021-03-01T20:00:00Z', '2021-02-01T00:00:00Z', '2021-03-01T20:00:00Z'],
    ['P1D', '2021-03-01T20:00:00Z', '2021-03-01T20:00:00Z', '2021-03-02T20:00:00Z'],
    ['P1D', '2021-03-01T20:00:00Z', '2026-11-21T19:59:59Z', '2026-11-21T20:00:00Z'],
    ['PT7H', '2021-03-01T20:00:00Z', '2021-03-02T11:00:00Z', '2021-03-02T17:00:00Z'],
  ])('of %s from %s, after %s, is %s', (text, first, now, next) => {
    expect(nextAfter(parseInterval(text), date(first), date(now))).toEqual(date(next));
  });

  it('counts months from the first run, so that a short month does not move the later ones', () => {
    const monthly = { duration: { months: 1, milliseconds: 0 } };
    const first = date('2021-01-31T08:00:00Z');
    expect(nextAfter(monthly, first, first)).toEqual(date('2021-02-28T08:00:00Z'));
    expect(nextAfter(monthly, first, date('2021-02-28T08:00:00Z'))).toEqual(date('2021-03-31T08:00:00Z'));
    expect(nextAfter(monthly, first, date('2024-02-01T00:00:00Z'))).toEqual(date('2024-02-29T08:00:00Z'));
  });

  it('is the earliest multiple of the duration that is later than now', () => {
    const moment = fc.date({ min: date('1970-01-01'), max: date('2100-01-01'), noInvalidDate: true });
    const duration = fc
      .record({ months: fc.nat(30), milliseconds: fc.nat(1e9) })
      .filter(({ months, milliseconds }) => months + milliseconds > 1000);
    fc.assert(
      fc.property(duration, moment, moment, (every, first, now) => {
        const next = nextAfter({ duration: every }, first, now);
        expect(next.getTime()).toBeGreaterThan(now.getTime());
        const count = countOf(every, first, next);
        const previous = count === 0 ? 0 : addDuration(first, every, count - 1).getTime();
        expect(previous).toBeLessThanOrEqual(now.getTime());
      }),
    );
  });
});

/** Which multiple of the duration a moment is, found the slow way round: by estimate and correction. */
function countOf(duration: { months: number; milliseconds: number }, first: Date, moment: Date): number {
  const average = duration.months * 30.436875 * 24 * HOUR + duration.milliseconds;
  const estimate = Math.round((moment.getTime() - first.getTime()) / average);
  for (let count = Math.max(0, estimate - 2); count <= estimate + 2; count += 1) {
    if (addDuration(first, duration, count).getTime() === moment.getTime()) return count;
  }
  throw new Error('not a multiple');
}
