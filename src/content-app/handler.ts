import type { IncomingMessage, ServerResponse } from 'node:http';
import { guardRefusal } from '../core/access/guard.ts';
import { outageOf } from '../core/outage.ts';
import type { App } from '../plugin/app.ts';
import { sendHtml, sendStatus } from './answers.ts';
import { createSnapshots } from './cache.ts';
import { createFreshness } from './freshness.ts';
import { createOnDemand } from './on-demand/serve.ts';
import type { Resolution } from './published.ts';
import { type Found, resolve } from './resolve.ts';
import { sendFile } from './send-file.ts';
import { createFileLoader, type ServedFile } from './served-file.ts';
import { mountsOf, parseTarget, type Target } from './target.ts';

/** True when the request was for content: it is answered then, sooner or later. */
export type ContentHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

/** A resolution, with its file if that is stored and there. */
interface Prepared extends Found {
  file: ServedFile | null;
}

/** What is remembered, in bytes as far as they count. */
const CACHE_SIZE = 32 * 1024 * 1024;
const LARGEST_ENTRY = 1024 * 1024;
const ENTRY_OVERHEAD = 1500;

/** Serves distributions below the content prefix and the further roots, for the dispatcher that comes before Express. */
export function createContentHandler(app: App): ContentHandler {
  const { database, store, log } = app.services;
  const mounts = mountsOf(app);
  const freshness = createFreshness(database);
  const snapshotOf = createSnapshots<Prepared>({
    maxSize: CACHE_SIZE,
    maxEntrySize: LARGEST_ENTRY,
    sizeOf: ({ resolution }) => ENTRY_OVERHEAD + (resolution.kind === 'page' ? resolution.html.length * 2 : 0),
  });
  const loadFile = createFileLoader(store);
  const onDemand = createOnDemand(app.services);

  async function prepare(target: Target): Promise<{ entry: Prepared; keep: boolean }> {
    const found = await resolve(database, target);
    const { resolution } = found;
    if (resolution.kind !== 'file') return { entry: { ...found, file: null }, keep: true };
    const { sha256 } = resolution.file;
    const file = sha256 ? await loadFile(resolution.path, sha256) : null;
    return { entry: { ...found, file }, keep: file !== null };
  }

  async function handle(req: IncomingMessage, res: ServerResponse, target: Target): Promise<void> {
    const snapshot = snapshotOf(await freshness());
    const key = target.mount.prefix + target.path;
    const prepared = snapshot.get(key) ?? (await snapshot.load(key, () => prepare(target)));
    if (prepared.guardId !== null) {
      // Asked for every request, also for what is remembered (v3-api.md 9.3).
      const reason = await guardRefusal(database, app.authenticator, prepared.guardId, req.headers);
      if (reason !== null) return sendStatus(res, 403, { reason });
    }
    return answer(req, res, (await isGone(prepared.file)) ? (await prepare(target)).entry : prepared);
  }

  /** Bytes may be reclaimed while they are remembered: a file that is read from the store must be there still. */
  async function isGone(file: ServedFile | null): Promise<boolean> {
    return file !== null && file.body === null && !(await store.exists(file.sha256));
  }

  async function answer(req: IncomingMessage, res: ServerResponse, { resolution, file }: Prepared): Promise<void> {
    if (file) return sendFile(req, res, store, file);
    switch (resolution.kind) {
      case 'page':
        return sendHtml(res, resolution.html);
      case 'redirect':
        return sendStatus(res, 301, { headers: { Location: resolution.location } });
      case 'missing':
        return sendStatus(res, 404, resolution.reason === null ? {} : { reason: resolution.reason });
      case 'file':
        return serveRemote(req, res, resolution);
    }
  }

  /** A row whose bytes are gone is an error of this server (v3-api.md 4.4); sources that all fail are a 404, a full disk is none. */
  async function serveRemote(req: IncomingMessage, res: ServerResponse, found: Resolution & { kind: 'file' }) {
    const { sha256, content_artifact_id: placeId } = found.file;
    if (sha256 || !placeId) throw new Error('The bytes of an artifact are not in the store.');
    const outcome = await onDemand.serve(req, res, found.path, placeId).catch((error: Error) => {
      if (res.headersSent || outageOf(error)) throw error;
      return null;
    });
    if (outcome === 'answered') return;
    const file = outcome && (await loadFile(found.path, outcome));
    return file ? sendFile(req, res, store, file) : sendStatus(res, 404, {});
  }

  /** Too late for another answer: the client must see that this one is not whole. */
  function fail(req: IncomingMessage, res: ServerResponse, error: Error): void {
    const isClientGone = (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';
    if (!isClientGone) log.error({ err: error, url: req.url }, 'content could not be served');
    if (res.headersSent) res.destroy();
    else sendStatus(res, outageOf(error)?.status ?? 500, {});
  }

  return (req, res) => {
    const target = parseTarget(mounts, req.url ?? '');
    if (target === null) return false;
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      req.resume();
      sendStatus(res, 405, { headers: { Allow: 'GET,HEAD' } });
    } else if (target === 'nothing') sendStatus(res, 404, {});
    else handle(req, res, target).catch((error: Error) => fail(req, res, error));
    return true;
  };
}
