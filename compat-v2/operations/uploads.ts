import { invalidValue, missingResource } from '../errors.ts';
import { created, href, ok, operations, type Reply, type V2Request } from '../operation.ts';
import { isUuid } from '../store/units.ts';
import { createUpload, deleteUpload, hasUpload, recordChunk, uploadIds } from '../store/uploads.ts';

/** Files in the making (v2-api.md 4.6). */
export const UPLOAD_OPERATIONS = operations('upload', [
  ['GET', 'content/uploads/', 'READ', 'none', listUploads],
  ['POST', 'content/uploads/', 'CREATE', 'optionalJson', beginUpload],
  ['PUT', 'content/uploads/:upload/:offset/', 'UPDATE', 'raw', writeChunk],
  ['DELETE', 'content/uploads/:upload/', 'DELETE', 'none', removeUpload],
]);

/** Sparse files may be this long: beyond it an offset is a mistake. */
const MAX_OFFSET = 2 ** 43;

async function listUploads({ app }: V2Request): Promise<Reply> {
  return ok({ upload_ids: await uploadIds(app.services.database) });
}

async function beginUpload({ app, account }: V2Request): Promise<Reply> {
  const upload_id = await createUpload(app.services.database, account?.id ?? null);
  const document = { upload_id, _href: href('content', 'uploads', upload_id) };
  return created(document);
}

/** Pieces come in any order, several at a time, and may replace earlier ones; the body is never held in memory. */
async function writeChunk({ app, params, stream }: V2Request): Promise<Reply> {
  const { database, store } = app.services;
  const { upload = '', offset: text = '' } = params;
  const offset = /^\s*\+?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!(offset <= MAX_OFFSET)) throw invalidValue(['offset']);
  if (!(await hasUpload(database, upload))) throw missingResource({ upload_request: upload });
  const size = await store.writeUploadChunk(upload, offset, stream, {});
  if (await recordChunk(database, upload, offset, size)) return ok(null);
  await store.removeUpload(upload);
  throw missingResource({ upload_request: upload });
}

/** Unknown ids are fine. */
async function removeUpload({ app, params }: V2Request): Promise<Reply> {
  const { upload = '' } = params;
  if (!isUuid(upload)) return ok(null);
  await deleteUpload(app.services.database, upload);
  await app.services.store.removeUpload(upload);
  return ok(null);
}
