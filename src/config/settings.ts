import { isAbsolute } from 'node:path';
import {
  databaseUrl,
  folder,
  list,
  oneOf,
  optionalText,
  origin,
  SettingError,
  text,
  urlPrefix,
  wholeNumber,
} from './setting.ts';

const DIGESTS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const DAY_S = 86_400;
const YEAR_MINUTES = 527_040;

/** Every setting there is, once. Names are those of Pulp's own settings where one exists, behind PULP_. */
export const settings = {
  home: folder('PULP_HOME', './var, or a folder of the user', 'Folder of all state: database, storage, secrets.'),
  host: text('PULP_HOST', '127.0.0.1', 'Address to listen on.'),
  port: wholeNumber('PULP_PORT', 24817, { from: 0, to: 65535 }, 'TCP port of everything; 0 picks a free one.'),
  databaseUrl: databaseUrl(
    'PULP_DATABASE_URL',
    'embedded PostgreSQL',
    'URL (postgresql://…) of an existing database: PostgreSQL 14 or newer, encoding UTF8.',
  ),
  storage: folder('PULP_STORAGE', 'PULP_HOME/storage', 'Folder that keeps the artifacts.'),
  workers: wholeNumber('PULP_WORKERS', 2, { from: 0, to: 256 }, 'Worker processes to run.'),
  adminPassword: optionalText('PULP_ADMIN_PASSWORD', 'generated', 'Password of the account admin, set at every start.'),
  contentOrigin: origin('PULP_CONTENT_ORIGIN', 'where the request came to', 'Origin in the URLs of served content.'),
  contentPathPrefix: urlPrefix(
    'PULP_CONTENT_PATH_PREFIX',
    '/pulp/content/',
    '/pulp/api/',
    'Path below which content is served.',
  ),
  allowedContentChecksums: list(
    'PULP_ALLOWED_CONTENT_CHECKSUMS',
    ['sha224', 'sha256', 'sha384', 'sha512'],
    checkDigests,
    'Digests that are computed and trusted; sha256 is always among them.',
  ),
  allowedImportPaths: list(
    'PULP_ALLOWED_IMPORT_PATHS',
    [],
    checkPaths,
    'Folders that file:// remotes and migrations through REST may read.',
  ),
  workingDirectory: folder('PULP_WORKING_DIRECTORY', 'PULP_HOME/work', 'Folder for the temporary files of tasks.'),
  orphanProtectionTime: wholeNumber(
    'PULP_ORPHAN_PROTECTION_TIME',
    1440,
    { from: 0, to: YEAR_MINUTES },
    'Minutes for which content in no repository is kept by orphan cleanup.',
  ),
  taskGraceInterval: wholeNumber(
    'PULP_TASK_GRACE_INTERVAL',
    600,
    { from: 0, to: DAY_S },
    'Seconds for which a stopping worker lets its task go on.',
  ),
  workerTtl: wholeNumber(
    'PULP_WORKER_TTL',
    30,
    { from: 2, to: DAY_S },
    'Seconds without a heartbeat after which a process counts as gone.',
  ),
  remoteContentFetchFailureCooldown: wholeNumber(
    'PULP_REMOTE_CONTENT_FETCH_FAILURE_COOLDOWN',
    300,
    { from: 0, to: DAY_S },
    'Seconds for which a remote file that failed is not asked for again.',
  ),
  secretKey: optionalText('PULP_SECRET_KEY', 'PULP_HOME/secret.key, generated', 'Key that encrypts secrets at rest.'),
  tlsCertFile: optionalText('PULP_TLS_CERT_FILE', 'no TLS', 'PEM file with the certificate chain of the server.'),
  tlsKeyFile: optionalText('PULP_TLS_KEY_FILE', 'no TLS', 'PEM file with its private key.'),
  logLevel: oneOf(
    'PULP_LOG_LEVEL',
    ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'],
    'info',
    'Least severe log lines to write.',
  ),
};

/** Read before all others: it says where the file with the others is. */
export const settingsFile = optionalText('PULP_SETTINGS', 'none', 'YAML file with settings; variables win over it.');

/** Variable, default and meaning of every setting, for documentation. */
export function describeSettings(): { variable: string; shownDefault: string; description: string }[] {
  return [settingsFile, ...Object.values(settings)].map(({ variable, shownDefault, description }) => ({
    variable,
    shownDefault,
    description,
  }));
}

function checkDigests(items: readonly string[]): void {
  const unknown = items.find((item) => !DIGESTS.includes(item));
  if (unknown !== undefined) throw new SettingError(`has "${unknown}", which is none of ${DIGESTS.join(', ')}`);
  if (!items.includes('sha256')) throw new SettingError('must contain sha256, by which artifacts are stored');
}

function checkPaths(items: readonly string[]): void {
  const relative = items.find((item) => !isAbsolute(item));
  if (relative !== undefined) throw new SettingError(`has "${relative}", which is not an absolute path`);
}
