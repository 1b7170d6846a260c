import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';

/** Where secrets could be in logged objects; what is there is replaced. Secrets are not logged on purpose anywhere. */
const SECRET_PATHS = ['password', 'authorization', 'proxy_password', 'client_key'].flatMap((name) => [
  name,
  `*.${name}`,
]);

const OPTIONS: LoggerOptions = {
  // Lines of several processes and machines are told apart by these.
  base: { pid: process.pid },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
  redact: { paths: SECRET_PATHS, censor: '[hidden]' },
};

/** A logger that writes one JSON object a line to standard error: standard output belongs to the commands. */
export function createLog(level: string): Logger {
  return pino({ ...OPTIONS, level }, pino.destination({ dest: 2, sync: true }));
}

/** The same into any stream, for tests. */
export function createLogTo(level: string, destination: DestinationStream): Logger {
  return pino({ ...OPTIONS, level }, destination);
}
