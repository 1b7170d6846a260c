import { setTimeout as sleep } from 'node:timers/promises';
import { type DownloadError, isRetryable } from './errors.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;

/** Returns a function that resolves when the next request may start; at most `perSecond` of them, evenly. Zero: no limit. */
export function createRateLimit(perSecond: number): (signal: AbortSignal | undefined) => Promise<void> {
  if (perSecond === 0) return () => Promise.resolve();
  let next = 0;
  return async (signal) => {
    const now = performance.now();
    const turn = Math.max(now, next);
    next = turn + 1000 / perSecond;
    if (turn > now) await pause(turn - now, signal);
  };
}

/** Tries until something works, is final, or was tried `maxRetries` times more; waits in between, longer each time. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: { maxRetries: number; signal: AbortSignal | undefined },
): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (retry >= options.maxRetries || !isRetryable(error)) throw error;
      await pause(backOff(retry, error), options.signal);
    }
  }
}

/** Doubles from half a second on; half of it is chance, so that many who failed together do not come back together. */
function backOff(retry: number, { retryAfter }: DownloadError): number {
  const delay = FIRST_DELAY_MS * 2 ** retry * (0.5 + Math.random() / 2);
  return Math.min(LONGEST_DELAY_MS, Math.max(delay, (retryAfter ?? 0) * 1000));
}

/** Rejects with the signal's own reason when it is aborted. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
