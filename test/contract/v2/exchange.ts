import { readFileSync } from 'node:fs';

/** A request to a real Pulp 2.21 and its answer, with placeholders for what changes (see differences.md). */
export interface Exchange {
  name: string;
  request: { method: string; path: string; headers: Record<string, string>; json?: unknown; text?: string };
  response: { status: number; headers: Record<string, string>; json?: unknown; text?: string };
}

export function readGolden(area: string): Exchange[] {
  const file = new URL(`../../fixtures/golden-v2/${area}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { exchanges: Exchange[] }).exchanges;
}
