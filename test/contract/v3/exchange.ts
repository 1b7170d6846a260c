import { readFileSync } from 'node:fs';

/** A request to a real pulpcore 3.123 and its answer, with placeholders for what changes (see differences.md). */
export interface Exchange {
  name: string;
  request: {
    method: string;
    path: string;
    /** "admin", "none", or a user's name with a wrong or known password. */
    auth: string;
    headers?: Record<string, string>;
    body?: unknown;
  };
  response: { status: number; headers: Record<string, string>; body?: unknown; body_text?: string };
}

const DIGEST = /"(?:[0-9a-f]{128}|[0-9a-f]{96}|[0-9a-f]{64}|[0-9a-f]{56})"/g;
const DIGEST_IN_QUERY = /(sha256=)([0-9a-f]{64})/g;
const DIGEST_IN_TEXT = /'([0-9a-f]{64})'/g;
const DIGEST_IN_PATH = /"artifact\/[0-9a-f]{2}\/[0-9a-f]{62}"/g;

/** The exchanges of an area. Digests become placeholders, since the tests sync files of their own. */
export function readGolden(area: string): Exchange[] {
  const file = new URL(`../../fixtures/golden-v3/${area}.json`, import.meta.url);
  const { exchanges } = JSON.parse(readFileSync(file, 'utf8')) as { exchanges: Exchange[] };
  return exchanges.map((exchange) => {
    const sent = JSON.stringify(exchange.request.body ?? null);
    const text = JSON.stringify(exchange)
      .replace(DIGEST, (digest) =>
        sent.includes(digest) ? digest : `"<hex${digest.length - 2}:${digest.slice(1, -1)}>"`,
      )
      .replace(DIGEST_IN_QUERY, '$1<hex64:$2>')
      .replace(DIGEST_IN_TEXT, "'<hex64:$1>'")
      .replace(DIGEST_IN_PATH, '"<path>"');
    return JSON.parse(text) as Exchange;
  });
}
