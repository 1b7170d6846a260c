import type { Json } from '../task/types.ts';

export type Policy = 'immediate' | 'on_demand' | 'streamed';

export interface RemoteRow {
  id: string;
  type: string;
  name: string;
  url: string;
  policy: Policy;
  ca_cert: string | null;
  client_cert: string | null;
  tls_validation: boolean;
  proxy_url: string | null;
  /** Sealed, as are the four below: see SECRET_COLUMNS. */
  client_key: string | null;
  proxy_username: string | null;
  proxy_password: string | null;
  username: string | null;
  password: string | null;
  download_concurrency: number | null;
  max_retries: number | null;
  rate_limit: number | null;
  total_timeout: number | null;
  connect_timeout: number | null;
  sock_connect_timeout: number | null;
  sock_read_timeout: number | null;
  headers: Record<string, string>[] | null;
  labels: Record<string, string | null>;
  data: Record<string, Json>;
  created: string;
  updated: string;
}

/** Sealed in the database, shown by neither API. */
export const SECRET_COLUMNS = ['client_key', 'proxy_username', 'proxy_password', 'username', 'password'] as const;
