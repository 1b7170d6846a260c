import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';

/** The form cannot be understood, or broke off. */
export class FormError extends Error {}

/** The form has more, or longer, parts than allowed. */
export class FormLimitError extends Error {}

export interface FormFile {
  name: string;
  /** As sent, without folders; undefined when the sender gave none. */
  filename: string | undefined;
  mimeType: string;
  body: Readable;
}

export interface FormLimits {
  fieldBytes: number;
  /** Infinity where the storage decides. */
  fileBytes: number;
  parts: number;
}

export interface Form<T> {
  /** Names and values in the order of the form; a name may occur again. */
  fields: [name: string, value: string][];
  /** Names and what the reader made of the files. */
  files: [name: string, value: T][];
}

/**
 * Reads a form, multipart or URL-encoded. Each file is streamed to `onFile` as it comes, and what it returned is part of
 * the result. When anything fails, everything that `onFile` began has ended before this rejects with the first error; the
 * rest of the request is read and dropped, so that an answer can be sent.
 */
export async function readForm<T>(
  request: IncomingMessage,
  options: { limits: FormLimits; onFile: (file: FormFile) => Promise<T> },
): Promise<Form<T>> {
  const parser = createParser(request, options.limits);
  const fields: Form<T>['fields'] = [];
  const files: Promise<[string, T]>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const limit = (what: string) => reject(new FormLimitError(`The form has ${what}.`));
      parser.on('field', (name, value, info) => {
        if (info.nameTruncated || info.valueTruncated) limit('a field that is too long');
        else fields.push([name ?? '', value]);
      });
      parser.on('file', (name, body, { filename, mimeType }) => {
        body.on('limit', () => body.destroy(new FormLimitError('The form has a file that is too long.')));
        const file = consume({ name: name ?? '', filename, mimeType, body }, options.onFile);
        file.catch(reject);
        files.push(file);
      });
      parser.on('partsLimit', () => limit('too many parts'));
      parser.on('error', (cause) => reject(new FormError('The form cannot be read.', { cause })));
      parser.on('close', resolve);
      request.on('error', (cause) => reject(new FormError('The form broke off.', { cause })));
      request.on('close', () => request.complete || reject(new FormError('The form broke off.')));
      request.pipe(parser);
    });
    return { fields, files: await Promise.all(files) };
  } catch (error) {
    request.unpipe(parser);
    request.resume();
    parser.destroy();
    await Promise.allSettled(files);
    throw error;
  }
}

async function consume<T>(file: FormFile, onFile: (file: FormFile) => Promise<T>): Promise<[string, T]> {
  // Errors reach the reader through its iteration; this keeps one that nobody reads any more from being thrown.
  file.body.on('error', () => undefined);
  try {
    return [file.name, await onFile(file)];
  } finally {
    file.body.resume();
  }
}

function createParser(request: IncomingMessage, limits: FormLimits): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: { fieldSize: limits.fieldBytes, fileSize: limits.fileBytes, parts: limits.parts, fields: limits.parts },
    });
  } catch (cause) {
    throw new FormError('The body is no form.', { cause });
  }
}
