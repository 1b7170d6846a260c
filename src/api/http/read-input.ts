import type { IncomingMessage } from 'node:http';
import { BodyTooLargeError, readBody } from '../../platform/http/body.ts';
import { MalformedJsonError, parseJson } from '../../platform/http/json.ts';
import { FormError, FormLimitError, readForm } from '../../platform/http/multipart.ts';
import type { ArtifactStore, StagedFile } from '../../platform/storage/artifact-store.ts';
import type { Input } from '../call.ts';
import { HttpError } from './http-error.ts';
import { describeJsonError, isTooDeep } from './json-error.ts';

/** `modify` may name very many units; nothing else comes near. */
const JSON_LIMIT = 32 * 1024 * 1024;
const FORM_LIMITS = { fieldBytes: 8 * 1024 * 1024, fileBytes: Number.POSITIVE_INFINITY, parts: 200 };

const MOST_FIELDS = 1000;

export const NO_INPUT: Input = { data: undefined, form: false, files: new Map() };

/** Reads the body of a request, whatever form it has. Files go to the store as they come. 400, 413, 415. */
export async function readInput(request: IncomingMessage, store: ArtifactStore): Promise<Input> {
  const header = request.headers['content-type'];
  const hasBody =
    Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined;
  if (!hasBody) return NO_INPUT;
  const type = (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return { ...NO_INPUT, data: await readJsonInput(request) };
  if (type === 'application/x-www-form-urlencoded') return readUrlEncoded(request);
  if (type === 'multipart/form-data') return readFormInput(request, store);
  throw new HttpError(415, `Unsupported media type "${header ?? ''}" in request.`);
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return readBody(request, limit).catch((error: unknown) => {
    if (!(error instanceof BodyTooLargeError)) throw error;
    throw new HttpError(413, error.message, { Connection: 'close' });
  });
}

/** As lenient as Pulp 3: a percent sign that encodes nothing stands for itself. */
async function readUrlEncoded(request: IncomingMessage): Promise<Input> {
  const text = (await readBytes(request, FORM_LIMITS.fieldBytes)).toString('utf8');
  if (text.split('&', MOST_FIELDS + 1).length > MOST_FIELDS) throw new HttpError(413, 'The form has too many fields.');
  return { ...NO_INPUT, data: formData([...new URLSearchParams(text)]), form: true };
}

async function readJsonInput(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request, JSON_LIMIT);
  try {
    const data = parseJson(bytes);
    if (isTooDeep(data)) throw new HttpError(400, 'JSON parse error - Too deeply nested');
    return data;
  } catch (error) {
    if (!(error instanceof MalformedJsonError)) throw error;
    throw new HttpError(400, `JSON parse error - ${describeJsonError(bytes.toString('utf8'))}`);
  }
}

async function readFormInput(request: IncomingMessage, store: ArtifactStore): Promise<Input> {
  const staged: StagedFile[] = [];
  try {
    const form = await readForm(request, {
      limits: FORM_LIMITS,
      async onFile({ body }) {
        const file = await store.receive(body, {});
        staged.push(file);
        return file;
      },
    });
    // Of files of one name the last counts.
    const files = new Map(form.files);
    const kept = new Set(files.values());
    await discard(staged.filter((file) => !kept.has(file)));
    return { data: formData(form.fields), form: true, files };
  } catch (error) {
    await discard(staged);
    if (error instanceof FormLimitError) throw new HttpError(413, error.message);
    if (error instanceof FormError) throw new HttpError(400, 'Multipart form parse error - Invalid form.');
    throw error;
  }
}

async function discard(files: readonly StagedFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.discard()));
}

/** A name that occurs again makes a list. */
function formData(fields: readonly [string, string][]): Record<string, unknown> {
  const data: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of fields) {
    const before = data[name];
    data[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return data;
}
