import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { createRemoteDownloader } from '../remote/downloader.ts';
import { type RemoteRow, SECRET_COLUMNS } from '../remote/types.ts';
import type { Services } from '../services.ts';
import type { Job, Json } from '../task/types.ts';

/** Downloads the file of a unit that is made from a URL; user information in it becomes the credentials. */
export async function fetchUnitFile(
  job: Job,
  fileUrl: string,
  config: { [key: string]: Json } | null,
): Promise<StagedFile> {
  const { services, signal } = job;
  const url = URL.canParse(fileUrl) ? new URL(fileUrl) : null;
  const credentials: { [key: string]: Json } = url?.username
    ? { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
    : {};
  if (url) {
    url.username = '';
    url.password = '';
  }
  const plain = url?.href ?? fileUrl;
  const downloader = createRemoteDownloader(services, passingRemote(services, plain, { ...config, ...credentials }));
  try {
    return await downloader.fetchFile(services.store, { url: plain, size: null, digests: {} }, signal);
  } finally {
    await downloader.close();
  }
}

/** A remote that is used once and stored nowhere. */
function passingRemote(services: Services, url: string, config: { [key: string]: Json }): RemoteRow {
  const secrets = SECRET_COLUMNS.map((column) => {
    const clear = config[column];
    return [column, typeof clear === 'string' ? services.secrets.seal(clear) : null] as const;
  });
  return { ...BLANK, ...(config as object), ...Object.fromEntries(secrets), url };
}

const BLANK: RemoteRow = {
  id: '',
  type: '',
  name: '',
  url: '',
  policy: 'immediate',
  ca_cert: null,
  client_cert: null,
  tls_validation: true,
  proxy_url: null,
  client_key: null,
  proxy_username: null,
  proxy_password: null,
  username: null,
  password: null,
  download_concurrency: null,
  max_retries: null,
  rate_limit: null,
  total_timeout: null,
  connect_timeout: null,
  sock_connect_timeout: null,
  sock_read_timeout: null,
  headers: null,
  labels: {},
  data: {},
  created: '',
  updated: '',
};
