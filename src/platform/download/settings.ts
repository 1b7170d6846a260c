/** How one upstream is to be talked to. Null and undefined mean the default, zero means no limit. Times are in seconds. */
export interface DownloadSettings {
  tls: {
    /** PEM texts. The certificate authorities replace the system's. */
    caCert?: string | null | undefined;
    clientCert?: string | null | undefined;
    /** May be left out when it is in the same text as the certificate. */
    clientKey?: string | null | undefined;
    validate: boolean;
  };
  proxy?:
    | { url: string; username?: string | null | undefined; password?: string | null | undefined }
    | null
    | undefined;
  /** Sent as Basic authentication. */
  auth?: { username: string; password: string } | null | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Downloads at once. */
  concurrency?: number | null | undefined;
  /** Tries after the first one. */
  maxRetries?: number | null | undefined;
  /** Requests per second. */
  rateLimit?: number | null | undefined;
  /** For one try from its start to its last byte. */
  totalTimeout?: number | null | undefined;
  /** Until a connection is there. */
  connectTimeout?: number | null | undefined;
  /** Until a connection is there, too: the shorter of the two counts. */
  sockConnectTimeout?: number | null | undefined;
  /** Between two pieces of an answer. */
  sockReadTimeout?: number | null | undefined;
  /** Folders below which file:// URLs may be read. */
  allowedFilePaths: readonly string[];
  /** A User-Agent among the headers is appended after a comma. */
  userAgent: string;
}

export interface Limits {
  concurrency: number;
  maxRetries: number;
  rateLimit: number;
  totalMs: number;
  connectMs: number;
  readMs: number;
}

/** The defaults of v3-api.md 5.6; never "unlimited" for want of a setting. */
export function limitsOf(settings: DownloadSettings): Limits {
  const connects = [settings.connectTimeout || Infinity, settings.sockConnectTimeout ?? 30];
  const connect = Math.min(...connects.map((seconds) => seconds || Infinity));
  return {
    concurrency: Math.max(1, settings.concurrency ?? 10),
    maxRetries: Math.max(0, settings.maxRetries ?? 3),
    rateLimit: Math.max(0, settings.rateLimit ?? 0),
    totalMs: (settings.totalTimeout ?? 300) * 1000,
    connectMs: Number.isFinite(connect) ? connect * 1000 : 0,
    readMs: (settings.sockReadTimeout ?? 300) * 1000,
  };
}
