import type { IncomingMessage } from 'node:http';
import type { Account } from '../core/access/account.ts';
import type { Json } from '../core/task/types.ts';
import type { StagedFile } from '../platform/storage/artifact-store.ts';
import type { Api } from './api.ts';
import type { Operation } from './declare/types.ts';

export type JsonObject = { [key: string]: Json };

/** What a request sent. */
export interface Input {
  /** Undefined: there was no body. */
  data: unknown;
  /** From a form: texts stand for everything. */
  form: boolean;
  files: ReadonlyMap<string, StagedFile>;
}

/** One request, understood as far as all operations are alike. */
export interface Call {
  api: Api;
  operation: Operation;
  /** What stood for `{}` in the path. */
  keys: readonly string[];
  query: URLSearchParams;
  request: IncomingMessage;
  /** Null on anonymous operations. */
  account: Account | null;
  /** False: a plain user who sees nothing of this (lists are empty, objects are not found). */
  permitted: boolean;
  input: Input;
  cid: string;
  /** Scheme and host the client used. */
  origin: string;
}

export interface Answer {
  status: number;
  /** Undefined: no body. */
  body?: Json | undefined;
  /** A body that is not JSON. */
  text?: { type: string; content: string };
  headers?: Record<string, string>;
}

export type Handler = (call: Call) => Promise<Answer> | Answer;

export function ok(body: Json): Answer {
  return { status: 200, body };
}
