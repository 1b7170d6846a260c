import { createReadStream } from 'node:fs';
import { invalidField, invalidList, invalidTogether } from '../../core/errors.ts';
import { COMMIT_UPLOAD } from '../../core/upload/commit.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Answer, type Call, type Handler, ok } from '../call.ts';
import { createdAnswer, findItem, rowById } from '../items.ts';
import { present } from '../present/present.ts';
import { NOTHING_RELATED } from '../present/related.ts';
import { cleanBody } from '../validate/body.ts';
import { taskAnswer } from './dispatch-task.ts';

const CONTENT_RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(?:\d{1,15}|\*)$/;

export const UPLOAD_HANDLERS: Record<string, Handler> = {
  upload_create: createUpload,
  upload_chunk: writeChunk,
  upload_commit: commit,
  upload_delete: deleteUpload,
};

async function createUpload(call: Call): Promise<Answer> {
  const { api, operation, account } = call;
  const { values } = await cleanBody(call, null);
  if (Number(values.size) < 0) throw invalidField('size', 'Ensure this value is greater than or equal to 0.');
  const { id } = await api.database.one<{ id: string }>(
    sql`insert into upload (size, created_by) values (${values.size}, ${account?.id ?? null}) returning id`,
  );
  return createdAnswer(call, operation.resource, id);
}

/** A chunk, in any order and again if need be (v3-api.md 2.10). Its row is written when its bytes are durable. */
async function writeChunk(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const upload = await findItem(call);
  const { values } = await cleanBody(call, null);
  const staged = call.input.files.get('file');
  if (!staged) throw invalidField('file', 'No file was submitted.');
  const [range, first, last] = CONTENT_RANGE.exec(call.request.headers['content-range'] ?? '') ?? [];
  if (range === undefined) throw invalidTogether('Invalid or missing content range header.');
  const start = Number(first);
  if (Number(last) - start + 1 !== staged.size) throw invalidTogether('Chunk size does not match content range.');
  if (Number(last) >= Number(upload.size)) throw invalidTogether('End byte is greater than upload size.');
  if (values.sha256 && `${values.sha256}`.toLowerCase() !== staged.sha256) {
    throw invalidList('Checksum does not match chunk upload.');
  }
  const size = await api.services.store.writeUploadChunk(`${upload.id}`, start, createReadStream(staged.path), {});
  await api.database.execute(sql`
    with chunk as (
      insert into upload_chunk (upload_id, chunk_offset, size) values (${upload.id}, ${start}, ${size})
      on conflict (upload_id, chunk_offset) do update set size = excluded.size
    )
    update upload set updated = clock_timestamp() where id = ${upload.id}`);
  const context = { api, resource: operation.resource, contentOrigin: '', related: NOTHING_RELATED };
  return ok(present(context, await rowById(api, operation.resource, `${upload.id}`), false));
}

async function commit(call: Call): Promise<Answer> {
  const upload = await findItem(call);
  const { values } = await cleanBody(call, null);
  return taskAnswer(call, {
    name: COMMIT_UPLOAD,
    args: { upload: `${upload.id}`, sha256: `${values.sha256}` },
    exclusive: [call.api.hrefs.prn('upload', null, `${upload.id}`)],
  });
}

async function deleteUpload(call: Call): Promise<Answer> {
  const upload = await findItem(call);
  await call.api.database.execute(sql`delete from upload where id = ${upload.id}`);
  await call.api.services.store.removeUpload(`${upload.id}`);
  return { status: 204 };
}
