import type { Answer, Exchange } from './exchange.ts';
import type { Labels } from './labels.ts';

/** Values of which only the presence counts. */
const ANYTHING = new Set(['<varies>', '<epoch int>', '<epoch float>', '<ms>', '<length>', '<etag>']);
const HEADERS = ['content-type', 'location', 'etag', 'allow'];

/** What is different, or null. A 500 of the original is no model: anything below is right. */
export function differenceOf(golden: Exchange['response'], actual: Answer, labels: Labels): string | null {
  if (golden.status === 500) return actual.status < 500 ? null : 'a 500';
  if (golden.status !== actual.status) {
    return `status ${actual.status} instead of ${golden.status}: ${JSON.stringify(actual.body)?.slice(0, 300)}`;
  }
  for (const [name, value] of Object.entries(golden.headers)) {
    if (!HEADERS.includes(name.toLowerCase())) continue;
    const sent = actual.headers.get(name);
    if (sent === null || !(ANYTHING.has(value) || labels.matches(value, sent))) return `${name}: ${sent}, not ${value}`;
  }
  return compare('json' in golden ? golden.json : golden.text, actual.body, '$', labels);
}

function compare(golden: unknown, actual: unknown, path: string, labels: Labels): string | null {
  const wrong = `${path}: ${JSON.stringify(actual)?.slice(0, 200)}, not ${JSON.stringify(golden)?.slice(0, 200)}`;
  if (typeof golden === 'string') {
    if (ANYTHING.has(golden)) return actual === null || actual === undefined ? wrong : null;
    if (typeof actual !== 'string') return wrong;
    // The frames are those of the original's source; the last line tells what went wrong, as the error does.
    if (golden.startsWith('Traceback (most')) return actual.startsWith('Traceback (most') ? null : wrong;
    return labels.matches(golden, actual) ? null : wrong;
  }
  if (Array.isArray(golden)) {
    if (!Array.isArray(actual) || actual.length !== golden.length) return wrong;
    return compareLists(golden, actual, path, labels);
  }
  if (typeof golden === 'object' && golden !== null) return compareObjects(golden, actual, path, labels);
  return Object.is(golden, actual) ? null : wrong;
}

function compareObjects(golden: object, actual: unknown, path: string, labels: Labels): string | null {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return `${path} is no object`;
  const names = new Set([...Object.keys(golden), ...Object.keys(actual)]);
  for (const name of names) {
    if (!(name in actual)) return `${path}.${name} is missing`;
    if (!(name in golden)) return `${path}.${name} is too much`;
    const member = (object: object) => (object as Record<string, unknown>)[name];
    const difference = compare(member(golden), member(actual), `${path}.${name}`, labels);
    if (difference) return difference;
  }
  return null;
}

/** Lists that nobody sorted may come in any order: each recorded entry needs an actual one of its own. */
function compareLists(golden: unknown[], actual: unknown[], path: string, labels: Labels): string | null {
  const left = [...actual];
  for (const [index, entry] of golden.entries()) {
    let first: string | null = null;
    const found = left.findIndex((candidate) => {
      const restore = labels.snapshot();
      const difference = compare(entry, candidate, `${path}[${index}]`, labels);
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
