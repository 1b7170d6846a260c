import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';
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
    ...(username ? { token: basicAuthorization(username, password ?? '') } : {}),
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
