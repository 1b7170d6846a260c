import type { Call } from '../call.ts';
import { API_ROOT } from '../hrefs.ts';

const DEFAULT_LIMIT = 100;
/** Whatever a client asks for: memory is bounded, and `next` leads on. */
const LARGEST_PAGE = 10_000;
/** What PostgreSQL takes as an offset. */
const LARGEST = 2 ** 53 - 1;

export interface Page {
  limit: number;
  offset: number;
}

/** The page that a query asks for: the last one named; what is no positive number means the default (corrections.md 1.9). */
export function readPage(query: URLSearchParams): Page {
  const limit = natural(query.getAll('limit').at(-1)) || DEFAULT_LIMIT;
  return { limit: Math.min(limit, LARGEST_PAGE), offset: natural(query.getAll('offset').at(-1)) };
}

function natural(text: string | undefined): number {
  const trimmed = (text ?? '').trim();
  return /^\+?\d+$/.test(trimmed) ? Math.min(Number(trimmed), LARGEST) : 0;
}

/** Absolute URLs of the neighbouring pages: the query with sorted keys and encoded again. */
export function pageLinks(call: Call, page: Page, count: number): { next: string | null; previous: string | null } {
  const after = page.offset + page.limit;
  const before = page.offset - page.limit;
  return {
    next: after < count ? linkTo(call, page.limit, after) : null,
    previous: page.offset > 0 ? linkTo(call, page.limit, before > 0 ? before : null) : null,
  };
}

function linkTo(call: Call, limit: number, offset: number | null): string {
  const query = new URLSearchParams(call.query);
  query.set('limit', `${limit}`);
  if (offset === null) query.delete('offset');
  else query.set('offset', `${offset}`);
  query.sort();
  let key = 0;
  const path = call.operation.path.replaceAll('{}', () => call.keys[key++] ?? '');
  return `${call.origin}${API_ROOT}${path}?${query.toString().replaceAll('*', '%2A').replaceAll('%7E', '~')}`;
}
