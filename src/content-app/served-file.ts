import type { OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { LRUCache } from 'lru-cache';
import { contentTypeOf } from '../platform/http/mime.ts';
import type { ArtifactStore } from '../platform/storage/artifact-store.ts';
import { fileTag, type Validators } from './conditional.ts';

/** A stored file, ready to be sent. */
export interface ServedFile extends Validators {
  type: string;
  /** What every answer about it has in common. */
  common: OutgoingHttpHeaders;
  /** Of a whole answer. */
  whole: OutgoingHttpHeaders;
  /** Small files are kept in memory. */
  body: Buffer | null;
}

export const CACHE_CONTROL = 'public, max-age=0, must-revalidate';

/** Bodies up to this size are kept, together up to the second. */
const SMALL = 64 * 1024;
const ALL_BODIES = 32 * 1024 * 1024;

/** Makes files ready; bodies are shared between all paths of the same bytes. Null: the bytes are not there. */
export function createFileLoader(store: ArtifactStore): (path: string, sha256: string) => Promise<ServedFile | null> {
  const bodies = new LRUCache<string, Buffer>({ maxSize: ALL_BODIES, sizeCalculation: (body) => body.length + 200 });

  async function loadBody(sha256: string, size: number): Promise<Buffer | null> {
    if (size > SMALL) return null;
    const known = bodies.get(sha256);
    if (known) return known;
    const body = await buffer(store.open(sha256));
    bodies.set(sha256, body);
    return body;
  }

  return async (path, sha256) => {
    const found = await store.stat(sha256);
    if (!found) return null;
    const { size, modified } = found;
    return describe({ sha256, size, modified, etag: fileTag(modified, size) }, path, await loadBody(sha256, size));
  };
}

function describe(validators: Validators, path: string, body: Buffer | null): ServedFile {
  const { size, modified, etag } = validators;
  const type = contentTypeOf(path);
  const common = {
    'Cache-Control': CACHE_CONTROL,
    'Last-Modified': modified.toUTCString(),
    'X-PULP-ARTIFACT-SIZE': String(size),
  };
  const whole = {
    ...common,
    'Content-Type': type,
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Content-Length': String(size),
  };
  return { ...validators, type, common, whole, body };
}
