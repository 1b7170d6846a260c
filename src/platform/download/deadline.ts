import { setMaxListeners } from 'node:events';
import { publicUrl, timeoutError } from './errors.ts';
import type { Limits } from './settings.ts';

/** What ends one try from outside: the caller's signal, and the time that it may take. */
export interface Deadline {
  signal: AbortSignal;
  /** Throws what ended the try, when that is behind an error, and the error itself otherwise. */
  explain: (error: unknown) => never;
  /** Lifts the limit of time; the caller's signal stays. */
  stopTimer: () => void;
  /** Must be called in the end. */
  clear: () => void;
}

/** Throws when the caller's signal is aborted already. (AbortSignal.any would keep what it joins alive for too long.) */
export function startDeadline(url: URL, limits: Limits, caller: AbortSignal | undefined): Deadline {
  caller?.throwIfAborted();
  const controller = new AbortController();
  const { signal } = controller;
  const timeOut = () => controller.abort(timeoutError(publicUrl(url), undefined));
  const timer = limits.totalMs > 0 ? setTimeout(timeOut, limits.totalMs) : undefined;
  const abort = () => controller.abort(caller?.reason);
  if (caller) setMaxListeners(0, caller);
  caller?.addEventListener('abort', abort);
  return {
    signal,
    explain(error) {
      throw signal.aborted ? signal.reason : error;
    },
    stopTimer: () => clearTimeout(timer),
    clear() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', abort);
    },
  };
}
