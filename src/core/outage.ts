/** Something that every request and task needs is missing for a while: told to clients, unlike other faults of ours. */
export interface Outage {
  status: 503 | 507;
  message: string;
}

const DISK_FULL: Outage = { status: 507, message: 'There is no space left on the disk of this server.' };
const DATABASE_FULL: Outage = { status: 507, message: "There is no space left on the disk of this server's database." };
const NO_DATABASE: Outage = { status: 503, message: 'The database of this server does not answer.' };

/** By codes of the operating system and of PostgreSQL. */
const OUTAGES: Record<string, Outage> = {
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  '53100': DATABASE_FULL,
  '53300': NO_DATABASE,
  '57P01': NO_DATABASE,
  '57P02': NO_DATABASE,
  '57P03': NO_DATABASE,
};

/** The client's own words for a connection that ended under a statement; they have no code. */
const LOST = /^(Connection terminated|Client has encountered a connection error)/;

/** Null for any other error. Upstreams that do not answer are none: those errors are wrapped before they get here. */
export function outageOf(error: unknown): Outage | null {
  if (!(error instanceof Error)) return null;
  const { code = '', syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === 'connect' || LOST.test(message)) return NO_DATABASE;
  return Object.hasOwn(OUTAGES, code) ? (OUTAGES[code] ?? null) : null;
}
