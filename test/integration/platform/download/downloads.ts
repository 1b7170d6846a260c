import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions as SecureServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, expect } from 'vitest';
import { createDownloader, type Downloader } from '../../../../src/platform/download/downloader.ts';
import { DownloadError } from '../../../../src/platform/download/errors.ts';
import type { DownloadSettings } from '../../../../src/platform/download/settings.ts';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const PLAIN: DownloadSettings = {
  tls: { validate: true },
  allowedFilePaths: [],
  userAgent: 'gateway/1',
  maxRetries: 0,
};

/** Servers and downloaders of one test. */
export interface Downloads {
  /** Gives the origin. */
  serve(handler: Handler, onConnect?: (request: IncomingMessage, socket: Duplex) => void): Promise<string>;
  /** Gives the URL of its root. */
  serveTls(handler: Handler, options?: SecureServerOptions): Promise<string>;
  downloader(settings: Partial<DownloadSettings>): Downloader;
  /** The text behind a URL. */
  get(settings: Partial<DownloadSettings>, url: string): Promise<string>;
}

/** To be called where tests are described: what a test opens is closed after it. */
export function useDownloads(): Downloads {
  const opened: { close(): unknown }[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  });

  async function listen(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ close: () => stop(server) });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function downloader(settings: Partial<DownloadSettings>): Downloader {
    const made = createDownloader({ ...PLAIN, ...settings });
    opened.push(made);
    return made;
  }

  return {
    downloader,
    async serve(handler, onConnect) {
      const server = createServer(handler);
      if (onConnect) server.on('connect', onConnect);
      return `http://${await listen(server)}`;
    },
    serveTls: async (handler, options = {}) =>
      `https://${await listen(createSecureServer({ cert: CERTIFICATE, key: PRIVATE_KEY, ...options }, handler))}/`,
    get: (settings, url) => downloader(settings).fetch(url, (body) => text(body), {}),
  };
}

/** Resolves with the DownloadError that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<DownloadError> {
  const error = await promise.then(
    () => new Error('nothing failed'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(DownloadError);
  return error;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
