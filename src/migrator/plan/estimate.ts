/** Measured on two cores with a local SSD: each unit once, each byte read and hashed once, each repository published. */
const UNITS_PER_SECOND = 5_000;
const BYTES_PER_SECOND = 250 * 1024 * 1024;
const REPOSITORIES_PER_SECOND = 40;

/** How long `run` will take, in seconds. */
export function estimateSeconds(work: { units_moving: number; bytes: number; repositories_moving: number }): number {
  const seconds =
    work.units_moving / UNITS_PER_SECOND +
    work.bytes / BYTES_PER_SECOND +
    work.repositories_moving / REPOSITORIES_PER_SECOND;
  return Math.ceil(seconds);
}
