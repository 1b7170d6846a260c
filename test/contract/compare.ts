import type { Labels } from './labels.ts';

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed when it is JSON. */
  body: unknown;
}

export interface Recorded {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export interface Rules {
  labels: Labels;
  /** Names of the headers that count, in lower case. */
  headers: readonly string[];
  /** Texts of which only the presence counts. */
  anything: ReadonlySet<string>;
  /** Whether lists must come in the order of the recording. */
  ordered: boolean;
  /** Whether another text than a header's own says the same. */
  isSameHeader(name: string, golden: string, sent: string): boolean;
  /** Whether a text fits that is compared in its own way; null for all others. */
  fits(golden: string, actual: unknown): boolean | null;
}

/** What is different, or null. */
export function compareAnswers(golden: Recorded, actual: Answer, rules: Rules): string | null {
  if (golden.status !== actual.status) {
    return `status ${actual.status} instead of ${golden.status}: ${JSON.stringify(actual.body)?.slice(0, 300)}`;
  }
  for (const [name, value] of Object.entries(golden.headers)) {
    if (!rules.headers.includes(name.toLowerCase())) continue;
    const sent = actual.headers.get(name);
    if (sent !== null && rules.isSameHeader(name, value, sent)) continue;
    const isEqual = sent !== null && (rules.anything.has(value) || rules.labels.matches(value, sent));
    if (!isEqual) return `${name}: ${sent}, not ${value}`;
  }
  return compare(golden.body, actual.body, '$', rules);
}

function compare(golden: unknown, actual: unknown, path: string, rules: Rules): string | null {
  const wrong = `${path}: ${JSON.stringify(actual)?.slice(0, 200)}, not ${JSON.stringify(golden)?.slice(0, 200)}`;
  if (typeof golden === 'string') return isSameText(golden, actual, rules) ? null : wrong;
  if (Array.isArray(golden)) {
    if (!Array.isArray(actual) || actual.length !== golden.length) return wrong;
    return rules.ordered ? compareInOrder(golden, actual, path, rules) : compareLists(golden, actual, path, rules);
  }
  if (typeof golden === 'object' && golden !== null) return compareObjects(golden, actual, path, rules);
  return Object.is(golden, actual) ? null : wrong;
}

function isSameText(golden: string, actual: unknown, { anything, fits, labels }: Rules): boolean {
  if (anything.has(golden)) return actual !== null && actual !== undefined;
  return fits(golden, actual) ?? (typeof actual === 'string' && labels.matches(golden, actual));
}

function compareInOrder(golden: unknown[], actual: unknown[], path: string, rules: Rules): string | null {
  for (const [index, entry] of golden.entries()) {
    const difference = compare(entry, actual[index], `${path}[${index}]`, rules);
    if (difference) return difference;
  }
  return null;
}

function compareObjects(golden: object, actual: unknown, path: string, rules: Rules): string | null {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return `${path} is no object`;
  for (const name of new Set([...Object.keys(golden), ...Object.keys(actual)])) {
    if (!(name in actual)) return `${path}.${name} is missing`;
    if (!(name in golden)) return `${path}.${name} is too much`;
    const member = (object: object) => (object as Record<string, unknown>)[name];
    const difference = compare(member(golden), member(actual), `${path}.${name}`, rules);
    if (difference) return difference;
  }
  return null;
}

/** Lists that nobody ordered may come in any order: each recorded entry needs an actual one of its own. */
function compareLists(golden: unknown[], actual: unknown[], path: string, rules: Rules): string | null {
  const left = [...actual];
  for (const [index, entry] of golden.entries()) {
    let first: string | null = null;
    const found = left.findIndex((candidate) => {
      const restore = rules.labels.snapshot();
      const difference = compare(entry, candidate, `${path}[${index}]`, rules);
      if (difference === null) return true;
      restore();
      first ??= difference;
      return false;
    });
    if (found < 0) return first ?? `${path}[${index}] is missing`;
    left.splice(found, 1);
  }
  return null;
}
