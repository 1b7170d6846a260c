import pg from 'pg';

/** Connection lost, deadlock, no disk, memory or connection left, server stopping or starting. */
const PASSING_STATES = /^(08|40|53|57P0[1-5])/;
const NETWORK = /^(ECONN|EHOST|ENET|EPIPE$|ETIMEDOUT$|EAI_AGAIN$|ENOTFOUND$)/;
/** The driver gives its own errors no code. */
const DRIVER =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/** Whether a statement failed for a reason that goes away by itself: the same one may succeed in a moment. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (error instanceof pg.DatabaseError) return PASSING_STATES.test(code);
  // A server that is down has no socket file.
  return NETWORK.test(code) || (code === 'ENOENT' && syscall === 'connect') || DRIVER.test(error.message);
}
