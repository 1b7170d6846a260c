import type { IncomingHttpHeaders } from 'node:http';
import { parseRange } from '../platform/http/range.ts';

/** What conditions are held against. */
export interface Validators {
  sha256: string;
  size: number;
  /** Whole seconds count. */
  modified: Date;
  /** Quoted: `"<time in hex>-<size in hex>"`. */
  etag: string;
}

export type Verdict =
  | { kind: 'whole' }
  | { kind: 'part'; start: number; end: number }
  /** `digest`: found by the digest or the time, answered with the digest as tag (corrections.md 4.4). */
  | { kind: 'not_modified'; tag: 'file' | 'digest' }
  | { kind: 'precondition_failed' }
  | { kind: 'unsatisfiable' }
  | { kind: 'unacceptable_range' };

const HTTP_DATE = /^[a-z]{3,9},? .*\d\d:\d\d:\d\d/i;
const TAG = /^"(?:[0-9a-f]{10,20}-[0-9a-f]+|[0-9a-f]{64})"$/;

/** The entity tag that goes with a file: its time and its size, as the original's file answers have it. */
export function fileTag(modified: Date, size: number): string {
  return `"${(BigInt(modified.getTime()) * 1_000_000n).toString(16)}-${size.toString(16)}"`;
}

/** Judges a GET or HEAD of a file: preconditions, then freshness, then range (golden/v3/11). */
export function judge(headers: IncomingHttpHeaders, file: Validators): Verdict {
  if (isPreconditionLost(headers, file)) return { kind: 'precondition_failed' };
  const notModified = freshness(headers, file);
  if (notModified) return { kind: 'not_modified', tag: notModified };
  if (!headers.range || !isRangeWanted(headers['if-range'], file)) return { kind: 'whole' };
  const range = parseRange(headers.range, file.size);
  return range.kind === 'unacceptable' ? { kind: 'unacceptable_range' } : range;
}

function isPreconditionLost(headers: IncomingHttpHeaders, file: Validators): boolean {
  const match = headers['if-match'];
  if (match !== undefined) return match.trim() !== '*' && !hasTag(match, file.etag) && !hasTag(match, digestTag(file));
  const since = parseDate(headers['if-unmodified-since']);
  return since !== null && seconds(file.modified) > since;
}

function freshness(headers: IncomingHttpHeaders, file: Validators): 'file' | 'digest' | null {
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) {
    if (hasTag(noneMatch, digestTag(file))) return 'digest';
    return noneMatch.trim() === '*' || hasTag(noneMatch, file.etag) ? 'file' : null;
  }
  const since = parseDate(headers['if-modified-since']);
  return since !== null && seconds(file.modified) <= since ? 'digest' : null;
}

/**
 * The original ignores an If-Range with a tag, so a tag of nobody's making keeps the range (golden: "if-range with
 * another tag"). One that this server can have given for other bytes does not: the parts would not fit together.
 */
function isRangeWanted(ifRange: string | string[] | undefined, file: Validators): boolean {
  if (typeof ifRange !== 'string') return true;
  const tag = ifRange.trim();
  if (TAG.test(tag)) return tag === file.etag || tag === digestTag(file);
  const date = parseDate(tag);
  return date === null || seconds(file.modified) <= date;
}

export function digestTag(file: Pick<Validators, 'sha256'>): string {
  return `"${file.sha256}"`;
}

function hasTag(list: string, tag: string): boolean {
  return list.split(',').some((entry) => entry.trim().replace(/^W\//, '') === tag);
}

function parseDate(text: string | undefined): number | null {
  const time = text === undefined || !HTTP_DATE.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : Math.floor(time / 1000);
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
