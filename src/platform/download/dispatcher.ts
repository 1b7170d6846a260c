import { Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { DownloadSettings, Limits } from './settings.ts';

/** The connections to upstreams, with the TLS material and the proxy of the settings. Environment proxies are not looked at. */
export function createDispatcher(settings: DownloadSettings, limits: Limits): Dispatcher {
  const tls = tlsOptions(settings, limits);
  const common = { headersTimeout: limits.readMs, bodyTimeout: limits.readMs, connections: null, pipelining: 1 };
  if (!settings.proxy) return new Agent({ ...common, connect: tls });
  const { url, username, password } = settings.proxy;
  return new ProxyAgent({
    ...common,
    uri: url,
    requestTls: tls,
    proxyTls: { rejectUnauthorized: settings.tls.validate, timeout: limits.connectMs },
    // Plain http goes through an http proxy as it is: many proxies tunnel to port 443 only.
    proxyTunnel: false,
    clientFactory: createProxyPool,
    ...(username ? { token: basicAuthorization(username, password ?? '') } : {}),
  });
}

/**
 * Connections to the proxy itself. When a proxy hangs up instead of answering CONNECT, undici 7 takes that for a socket to
 * be opened again, and tries without end and without a turn of the event loop; an error without a code stops it.
 */
function createProxyPool(origin: URL, options: object): Dispatcher {
  const pool = new Pool(origin, options);
  const connect: (options: Dispatcher.ConnectOptions<null>) => Promise<Dispatcher.ConnectData<null>> =
    pool.connect.bind(pool);
  return Object.assign(pool, {
    connect: (target: Dispatcher.ConnectOptions<null>) =>
      connect(target).catch((cause) => {
        throw cause.code === 'UND_ERR_SOCKET' ? new Error('The proxy closed the connection.', { cause }) : cause;
      }),
  });
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

function tlsOptions({ tls }: DownloadSettings, limits: Limits): buildConnector.BuildOptions {
  return {
    timeout: limits.connectMs,
    rejectUnauthorized: tls.validate,
    ...(tls.caCert ? { ca: tls.caCert } : {}),
    ...(tls.clientCert ? { cert: tls.clientCert, key: tls.clientKey ?? tls.clientCert } : {}),
  };
}
