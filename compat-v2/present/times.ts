/** v2's form of a time of the core: whole seconds, `2026-01-31T10:20:30Z` (v2-api.md 1.6). */
export function v2Time(time: string): string;
export function v2Time(time: string | null): string | null;
export function v2Time(time: string | null): string | null {
  return time === null ? null : `${time.slice(0, 19)}Z`;
}

/** Seconds since the epoch, with a fraction: what schedules show as last_updated. */
export function epochSeconds(time: string): number {
  const fraction = Number(`0.${time.slice(20, 26)}`);
  return Date.parse(`${time.slice(0, 19)}Z`) / 1000 + fraction;
}
