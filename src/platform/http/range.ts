/** What a Range header asks for; ends are included, as in `bytes 0-9/1024`. */
export type RangeRequest =
  | { kind: 'whole' }
  | { kind: 'part'; start: number; end: number }
  /** One range, but beyond the end: 416 with an empty body. */
  | { kind: 'unsatisfiable' }
  /** Several ranges, or anything else than one range of bytes: 416 with a text (golden/v3/11, "several ranges"). */
  | { kind: 'unacceptable' };

const SINGLE_RANGE = /^bytes=(\d*)-(\d*)$/i;

/** Reads a Range header (RFC 9110, section 14) for a representation of `size` bytes. */
export function parseRange(header: string | undefined, size: number): RangeRequest {
  if (header === undefined) return { kind: 'whole' };
  const [, first, last] = SINGLE_RANGE.exec(header.trim()) ?? [];
  if (first === undefined || last === undefined || first + last === '') return { kind: 'unacceptable' };
  if (first === '') return part(Math.max(0, size - Number(last)), size - 1);
  if (last !== '' && Number(last) < Number(first)) return { kind: 'unacceptable' };
  return part(Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1));
}

/** Value of Content-Range for a part, or for "nothing of it" when `range` is null. */
export function contentRange(range: { start: number; end: number } | null, size: number): string {
  return range ? `bytes ${range.start}-${range.end}/${size}` : `bytes */${size}`;
}

function part(start: number, end: number): RangeRequest {
  return start <= end ? { kind: 'part', start, end } : { kind: 'unsatisfiable' };
}
