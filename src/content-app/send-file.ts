import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { contentRange } from '../platform/http/range.ts';
import type { ArtifactStore, ByteRange } from '../platform/storage/artifact-store.ts';
import { sendStatus } from './answers.ts';
import { digestTag, judge } from './conditional.ts';
import { CACHE_CONTROL, type ServedFile } from './served-file.ts';

/** Answers a GET or HEAD of a stored file, headers as in golden/v3/11. Rejects when the bytes cannot be read. */
export async function sendFile(
  req: IncomingMessage,
  res: ServerResponse,
  store: ArtifactStore,
  file: ServedFile,
): Promise<void> {
  const verdict = judge(req.headers, file);
  switch (verdict.kind) {
    case 'whole':
      res.writeHead(200, file.whole);
      return sendBytes(res, store, file, null);
    case 'part':
      res.writeHead(206, {
        ...file.whole,
        'Content-Length': verdict.end - verdict.start + 1,
        'Content-Range': contentRange(verdict, file.size),
      });
      return sendBytes(res, store, file, verdict);
    case 'unacceptable_range':
      return sendStatus(res, 416, { headers: { 'Content-Range': contentRange(null, file.size) } });
    default:
      return sendEmpty(res, file, verdict);
  }
}

function sendEmpty(
  res: ServerResponse,
  file: ServedFile,
  verdict: { kind: 'not_modified'; tag: 'file' | 'digest' } | { kind: 'precondition_failed' | 'unsatisfiable' },
): void {
  if (verdict.kind === 'not_modified') {
    const byDigest = { 'Cache-Control': CACHE_CONTROL, ETag: digestTag(file) };
    res.writeHead(304, verdict.tag === 'digest' ? byDigest : { ...file.common, ETag: file.etag });
  } else if (verdict.kind === 'precondition_failed') {
    res.writeHead(412, { ...file.common, ETag: digestTag(file), 'Content-Length': 0 });
  } else {
    res.writeHead(416, {
      ...file.common,
      ETag: digestTag(file),
      'Content-Type': file.type,
      'Content-Range': contentRange(null, file.size),
      'Content-Length': 0,
    });
  }
  res.end();
}

async function sendBytes(
  res: ServerResponse,
  store: ArtifactStore,
  file: ServedFile,
  range: ByteRange | null,
): Promise<void> {
  if (res.req.method === 'HEAD' || file.size === 0) {
    res.end();
    return;
  }
  if (file.body) {
    res.end(range ? file.body.subarray(range.start, range.end + 1) : file.body);
    return;
  }
  const slice = range ? { start: range.start, end: range.end } : undefined;
  await pipeline(store.open(file.sha256, slice), res);
}
