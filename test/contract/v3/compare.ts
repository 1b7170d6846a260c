import type { Answer, Exchange } from './exchange.ts';
import type { Labels } from './labels.ts';

const ANYTHING = new Set(['<varies>', '<bytes>', '<traceback>', '<http time>', '<worker>', '<cid>']);
const HEADERS = [
  'content-type',
  'location',
  'www-authenticate',
  'allow',
  'vary',
  'access-control-expose-headers',
  'x-frame-options',
  'x-content-type-options',
  'referrer-policy',
  'cross-origin-opener-policy',
];

/** What is different, or null. */
export function differenceOf(
  golden: Exchange['response'],
  actual: Answer,
  labels: Labels,
  ordered: boolean,
): string | null {
  if (golden.status !== actual.status) {
    return `status ${actual.status} instead of ${golden.status}: ${JSON.stringify(actual.body)?.slice(0, 300)}`;
  }
  for (const [name, value] of Object.entries(golden.headers)) {
    if (!HEADERS.includes(name.toLowerCase())) continue;
    const sent = actual.headers.get(name);
    if (name === 'Allow' && sent !== null && isSameChoice(value, sent)) continue;
    if (sent === null || !(ANYTHING.has(value) || labels.matches(value, sent))) return `${name}: ${sent}, not ${value}`;
  }
  const wanted = golden.body_text ?? golden.body ?? '';
  return compare(wanted, actual.body, '$', { labels, ordered });
}

/** Some views of the original leave OPTIONS out, which it refuses anyway, or list methods in another order. */
function isSameChoice(golden: string, sent: string): boolean {
  const methods = (list: string) =>
    list
      .split(', ')
      .filter((method) => method !== 'OPTIONS' && method !== 'HEAD')
      .sort()
      .join();
  return methods(golden) === methods(sent);
}

interface Rules {
  labels: Labels;
  ordered: boolean;
}

function compare(golden: unknown, actual: unknown, path: string, rules: Rules): string | null {
  const wrong = `${path}: ${JSON.stringify(actual)?.slice(0, 200)}, not ${JSON.stringify(golden)?.slice(0, 200)}`;
  if (typeof golden === 'string') {
    if (ANYTHING.has(golden)) return actual === null || actual === undefined ? wrong : null;
    const bytes = /^<(\d+) bytes>$/.exec(golden)?.[1];
    if (bytes !== undefined) return String(actual).length === Number(bytes) ? null : wrong;
    return typeof actual === 'string' && rules.labels.matches(golden, actual) ? null : wrong;
  }
  if (Array.isArray(golden)) {
    if (!Array.isArray(actual) || actual.length !== golden.length) return wrong;
    return rules.ordered ? compareInOrder(golden, actual, path, rules) : compareLists(golden, actual, path, rules);
  }
  if (typeof golden === 'object' && golden !== null) return compareObjects(golden, actual, path, rules);
  return Object.is(golden, actual) ? null : wrong;
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
