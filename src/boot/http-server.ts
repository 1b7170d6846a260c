import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config.ts';
import { StartError } from './start-error.ts';

export interface HttpServer {
  /** Such as http://127.0.0.1:24817. */
  origin: string;
  /** From now on, this answers. Before, every request is told to come back. */
  answerWith(listener: RequestListener): void;
  /** Takes no more connections, lets requests at work finish for `graceMs`, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const NO_ADDRESS = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);

/** Takes the port first of all, so that a busy one is known before anything else is started. */
export async function openHttpServer(config: Config): Promise<HttpServer> {
  let current: RequestListener = (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' }).end('{"detail":"Starting."}');
  };
  const server = await createServer(config, (request, response) => current(request, response));
  // Uploads of gigabytes take longer than Node's default of five minutes for a whole request.
  server.requestTimeout = 0;
  await listen(server, config);
  return {
    origin: originOf(server.address() as AddressInfo, config),
    answerWith(listener) {
      current = listener;
    },
    close: (graceMs) => close(server, graceMs),
  };
}

async function createServer(config: Config, listener: RequestListener): Promise<Server> {
  if (config.tlsCertFile === null || config.tlsKeyFile === null) return createHttpServer(listener);
  const cert = await readPem('PULP_TLS_CERT_FILE', config.tlsCertFile);
  const key = await readPem('PULP_TLS_KEY_FILE', config.tlsKeyFile);
  try {
    return createHttpsServer({ cert, key }, listener);
  } catch (cause) {
    throw new StartError(
      `PULP_TLS_CERT_FILE and PULP_TLS_KEY_FILE must be a PEM certificate and its private key: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

async function readPem(setting: string, file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new StartError(`${setting} cannot be read: ${cause.message}.`, { cause });
  });
  if (text.includes('-----BEGIN ')) return text;
  throw new StartError(`${setting} must be a PEM file; ${file} is none.`);
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new StartError(explain(cause, config), { cause })));
    server.listen(config.port, config.host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function explain(error: NodeJS.ErrnoException, { host, port }: Config): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} of ${host} is in use: stop what uses it, or set PULP_PORT.`;
  if (error.code === 'EACCES') return `Port ${port} may not be opened by this user: set PULP_PORT to 1024 or above.`;
  if (NO_ADDRESS.has(error.code ?? '')) {
    return `${host} is no address of this machine: set PULP_HOST to one that is, such as 127.0.0.1, or 0.0.0.0 for all.`;
  }
  return `Cannot listen on ${host}, port ${port}: ${error.message}`;
}

function originOf(address: AddressInfo, config: Config): string {
  const scheme = config.tlsCertFile === null ? 'http' : 'https';
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const usual = scheme === 'http' ? HTTP_PORT : HTTPS_PORT;
  return `${scheme}://${host}${address.port === usual ? '' : `:${address.port}`}`;
}

async function close(server: Server, graceMs: number): Promise<void> {
  const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cutOff);
}
