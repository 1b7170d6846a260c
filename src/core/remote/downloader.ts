import {
  createDownloader,
  type Downloader,
  type OpenOptions,
  type OpenResponse,
} from '../../platform/download/downloader.ts';
import { DownloadError } from '../../platform/download/errors.ts';
import type { DownloadSettings } from '../../platform/download/settings.ts';
import type { ArtifactStore, StagedFile } from '../../platform/storage/artifact-store.ts';
import { DigestMismatchError, SizeMismatchError } from '../../platform/storage/errors.ts';
import type { DeclaredSource } from '../content/types.ts';
import { digestMismatch, PulpError, sizeMismatch, taskError } from '../errors.ts';
import type { Services } from '../services.ts';
import { openSecrets } from './transactor.ts';
import type { RemoteRow } from './types.ts';

export type FetchableSource = Pick<DeclaredSource, 'url' | 'size' | 'digests'>;

/** Fetches from one remote, with its credentials, proxy, pace and patience. Errors are PulpErrors in Pulp 3's words. */
export interface RemoteDownloader {
  /** Takes a file in, checked against what is known of it; wrong bytes are fetched again as often as the remote allows. */
  fetchFile(store: ArtifactStore, source: FetchableSource, signal: AbortSignal): Promise<StagedFile>;
  /** The same for many files that are only to be committed: tiny ones are on disk no sooner. */
  fetchToCommit(store: ArtifactStore, source: FetchableSource, signal: AbortSignal): Promise<StagedFile>;
  /** The platform's own: for bytes that are passed on as they come. Rejects with `DownloadError`. */
  open(url: string, options: OpenOptions): Promise<OpenResponse>;
  fetch: Downloader['fetch'];
  close(): Promise<void>;
}

/** `remote` as it is stored: its secrets are opened here and go nowhere else. */
export function createRemoteDownloader(
  services: Pick<Services, 'secrets' | 'settings'>,
  remote: RemoteRow,
): RemoteDownloader {
  const downloader = createDownloader(downloadSettings(services, openSecrets(services.secrets, remote)));
  async function receive(store: ArtifactStore, source: FetchableSource, signal: AbortSignal, lazy: boolean) {
    const { url, size, digests } = source;
    const expected = { size: size ?? undefined, digests };
    try {
      return await downloader.fetch(url, (body) => store.receive(body, { expected, lazy }), { signal });
    } catch (error) {
      throw toPulpError(error);
    }
  }
  return {
    fetchFile: (store, source, signal) => receive(store, source, signal, false),
    fetchToCommit: (store, source, signal) => receive(store, source, signal, true),
    open: downloader.open,
    fetch: downloader.fetch,
    close: downloader.close,
  };
}

function downloadSettings({ settings }: Pick<Services, 'settings'>, remote: RemoteRow): DownloadSettings {
  const { username, password } = remote;
  return {
    tls: {
      caCert: remote.ca_cert,
      clientCert: remote.client_cert,
      clientKey: remote.client_key,
      validate: remote.tls_validation,
    },
    proxy: remote.proxy_url
      ? { url: remote.proxy_url, username: remote.proxy_username, password: remote.proxy_password }
      : null,
    auth: username === null ? null : { username, password: password ?? '' },
    headers: Object.assign({}, ...(remote.headers ?? [])) as Record<string, string>,
    concurrency: remote.download_concurrency,
    maxRetries: remote.max_retries,
    rateLimit: remote.rate_limit,
    totalTimeout: remote.total_timeout,
    connectTimeout: remote.connect_timeout,
    sockConnectTimeout: remote.sock_connect_timeout,
    sockReadTimeout: remote.sock_read_timeout,
    allowedFilePaths: settings.allowedImportPaths,
    userAgent: settings.userAgent,
  };
}

/** corrections.md 3.9: only wrong bytes and unknown schemes have a code. */
function toPulpError(error: unknown): unknown {
  if (!(error instanceof DownloadError)) return error;
  const { kind, url, message, cause } = error;
  if (cause instanceof DigestMismatchError) return digestMismatch(url, cause.expected, cause.actual, error);
  if (cause instanceof SizeMismatchError) return sizeMismatch(url, cause.expected, cause.actual, error);
  if (kind === 'scheme') return taskError('PLP0009', message, error);
  return new PulpError('task', message, { cause: error });
}
