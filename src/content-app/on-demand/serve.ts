import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { LRUCache } from 'lru-cache';
import { saveArtifact } from '../../core/artifact/store.ts';
import { createRemoteDownloader, type RemoteDownloader } from '../../core/remote/downloader.ts';
import type { Services } from '../../core/services.ts';
import { contentTypeOf } from '../../platform/http/mime.ts';
import { contentRange } from '../../platform/http/range.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { IntegrityError } from '../../platform/storage/errors.ts';
import { sendStatus } from '../answers.ts';
import { digestTag, judge } from '../conditional.ts';
import { CACHE_CONTROL } from '../served-file.ts';
import { Flight, lengthOf } from './flight.ts';
import { follow } from './follow.ts';
import { slice, verified } from './pass-through.ts';
import { attachStored, findSources, markFailed, type Source } from './sources.ts';

/** Up to this size a file is fetched as a whole before it is answered: like any stored file, or by another source. */
const FETCH_FIRST = 4 * 1024 * 1024;

export interface OnDemand {
  /**
   * Answers a request for a path without bytes, or gives the sha256 of the bytes that it has by now. Rejects when no
   * source has given anything; when it fails after the answer has begun, the connection is torn down.
   */
  serve(req: IncomingMessage, res: ServerResponse, path: string, placeId: string): Promise<string | 'answered'>;
}

/** Fetches on request (v3-api.md 4.5): each file once at a time in this process, whoever asks. */
export function createOnDemand(services: Services): OnDemand {
  const flights = new Map<string, Flight>();
  const downloaders = new LRUCache<string, { updated: string; downloader: RemoteDownloader }>({ max: 100 });

  /** One per remote as it is configured now; one that was replaced ends with its last transfer. */
  function downloaderOf({ remote }: Source): RemoteDownloader {
    const known = downloaders.get(remote.id);
    if (known?.updated === remote.updated) return known.downloader;
    const downloader = createRemoteDownloader(services, remote);
    downloaders.set(remote.id, { updated: remote.updated, downloader });
    return downloader;
  }

  async function failed(source: Source, error: unknown): Promise<void> {
    services.log.warn({ url: source.url, err: error }, 'a source of on-demand content failed');
    if (error instanceof IntegrityError) await markFailed(services.database, source);
  }

  function flyTo(placeId: string, sources: readonly Source[]): Flight {
    const known = flights.get(placeId);
    if (known) return known;
    const flight = new Flight({
      store: services.store,
      sources,
      open: (source, signal) => downloaderOf(source).open(source.url, { signal }),
      failed,
      save: (staged) => save(services, placeId, staged),
    });
    flights.set(placeId, flight);
    const remove = () => flights.delete(placeId);
    flight.landed.then(remove, remove);
    return flight;
  }

  return {
    async serve(req, res, path, placeId) {
      const stored = flights.has(placeId) ? null : await attachStored(services.database, placeId);
      if (stored) return stored;
      const { database, settings } = services;
      const sources = await findSources(database, placeId, settings.fetchFailureCooldown);
      const kept = sources.filter(({ remote }) => remote.policy !== 'streamed');
      const streamed = sources.filter(({ remote }) => remote.policy === 'streamed');
      if (kept.length > 0) {
        try {
          return await serveFlight(req, res, services, path, kept, flyTo(placeId, kept));
        } catch (error) {
          if (streamed.length === 0 || res.headersSent) throw error;
        }
      }
      return streamFirst(req, res, path, streamed, downloaderOf, failed);
    },
  };
}

async function serveFlight(
  req: IncomingMessage,
  res: ServerResponse,
  { store }: Services,
  path: string,
  sources: readonly Source[],
  flight: Flight,
): Promise<string | 'answered'> {
  if (req.method === 'HEAD') flight.keep();
  await flight.begun;
  if (flight.size !== null && flight.size <= FETCH_FIRST) {
    flight.keep();
    return flight.landed;
  }
  const sha256 = sources[0]?.digests.sha256 ?? null;
  await answer(req, res, path, { sha256, size: flight.size }, ({ start, end }) => follow(store, flight, start, end));
  return 'answered';
}

/** Policy streamed: from the first source that answers to the client, kept nowhere. */
async function streamFirst(
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  sources: readonly Source[],
  downloaderOf: (source: Source) => RemoteDownloader,
  failed: (source: Source, error: unknown) => Promise<void>,
): Promise<'answered'> {
  const method = req.method === 'HEAD' ? 'HEAD' : 'GET';
  for (const source of sources) {
    try {
      const { body, headers } = await downloaderOf(source).open(source.url, { method });
      const size = source.size ?? lengthOf(headers['content-length']);
      body.on('error', () => undefined);
      res.once('close', () => body.destroy());
      const bytes = verified(body, source);
      await answer(req, res, path, { sha256: source.digests.sha256 ?? null, size }, ({ start, end }) =>
        slice(bytes, start, end ?? Number.POSITIVE_INFINITY),
      );
      return 'answered';
    } catch (error) {
      if (!res.destroyed) await failed(source, error);
      if (res.headersSent) throw error;
    }
  }
  throw new Error('No source gave the file.');
}

interface Slice {
  start: number;
  /** Null: to the end of the file. */
  end: number | null;
}

/** Only what is known of the bytes before they are here counts in conditions: their digest and size. */
async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  file: { sha256: string | null; size: number | null },
  read: (slice: Slice) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const { range, 'if-range': ifRange, 'if-none-match': noneMatch } = req.headers;
  const { size } = file;
  const etag = digestTag({ sha256: file.sha256 ?? '' });
  const conditions = { range: size === null ? undefined : range, 'if-range': ifRange, 'if-none-match': noneMatch };
  const known = { sha256: file.sha256 ?? '', size: size ?? 0, modified: new Date(0), etag };
  const verdict = judge(conditions, known);
  const common: OutgoingHttpHeaders = {
    'Cache-Control': CACHE_CONTROL,
    ...(file.sha256 && { ETag: etag }),
    ...(size !== null && { 'X-PULP-ARTIFACT-SIZE': String(size) }),
  };
  if (verdict.kind === 'not_modified') {
    res.writeHead(304, common).end();
    return;
  }
  if (verdict.kind === 'unsatisfiable' || verdict.kind === 'unacceptable_range') {
    return sendStatus(res, 416, { headers: { 'Content-Range': contentRange(null, known.size) } });
  }
  const part = verdict.kind === 'part' ? verdict : null;
  const length = part ? part.end - part.start + 1 : size;
  const headers = {
    ...common,
    'Content-Type': contentTypeOf(path),
    ...(size !== null && { 'Accept-Ranges': 'bytes' }),
    ...(length !== null && { 'Content-Length': length }),
    ...(part && { 'Content-Range': contentRange(part, known.size) }),
  };
  const status = part ? 206 : 200;
  if (req.method === 'HEAD') {
    res.writeHead(status, headers).end();
    return;
  }
  const isTail = part === null || part.end === known.size - 1;
  await sendBody(res, { status, headers }, read({ start: part?.start ?? 0, end: isTail ? null : part.end }));
}

/** The head goes out with the first bytes: what fails before them can still be answered otherwise. */
async function sendBody(
  res: ServerResponse,
  head: { status: number; headers: OutgoingHttpHeaders },
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const pieces = body[Symbol.asyncIterator]();
  const first = await pieces.next();
  res.writeHead(head.status, head.headers);
  await pipeline(async function* () {
    if (!first.done) yield first.value;
    yield* { [Symbol.asyncIterator]: () => pieces };
  }, res);
}

/** Bytes first, then the row: the path has them from then on, unless another process was faster with the same. */
async function save({ store, database }: Services, placeId: string, staged: StagedFile): Promise<void> {
  await database.transaction(async (tx) => {
    const artifact = await saveArtifact(tx, store, staged);
    await tx.execute(sql`
      update content_artifact set artifact_id = ${artifact.id} where id = ${placeId} and artifact_id is null`);
  });
}
