import type { Json } from '../../core/task/types.ts';

/** An answer that is an error of the transport, not of the domain. */
export class HttpError extends Error {
  readonly status: number;
  readonly body: Json;
  readonly headers: Record<string, string>;

  constructor(status: number, detail: string, headers: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.body = { detail };
    this.headers = headers;
  }
}

export const notFoundHere = () => new HttpError(404, 'Not found.');
