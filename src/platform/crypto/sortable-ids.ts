import { randomBytes } from 'node:crypto';

/** UUIDs (version 7) of one moment whose order is that in which they are given; at most 2^28 of them. */
export function sortableIds(count: number, now: number): string[] {
  const time = Math.trunc(now).toString(16).padStart(12, '0');
  const noise = randomBytes(count * 6);
  return Array.from({ length: count }, (_, place) => {
    const high = (place >>> 16).toString(16).padStart(3, '0');
    const low = (place & 0xffff).toString(16).padStart(4, '0');
    const random = noise.toString('hex', place * 6, place * 6 + 6);
    // The variant takes two bits of the fourth group: the counter's low half goes on behind them.
    return `${time.slice(0, 8)}-${time.slice(8)}-7${high}-8${low.slice(0, 3)}-${low.slice(3)}${random.slice(1)}`;
  });
}
