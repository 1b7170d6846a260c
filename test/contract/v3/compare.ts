import { type Answer, compareAnswers, type Rules } from '../compare.ts';
import type { Labels } from '../labels.ts';
import type { Exchange } from './exchange.ts';

const RULES: Omit<Rules, 'labels' | 'ordered'> = {
  headers: [
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
  ],
  anything: new Set(['<varies>', '<bytes>', '<traceback>', '<http time>', '<worker>', '<cid>']),
  isSameHeader: (name, golden, sent) => name === 'Allow' && isSameChoice(golden, sent),
  fits(golden, actual) {
    const bytes = /^<(\d+) bytes>$/.exec(golden)?.[1];
    return bytes === undefined ? null : String(actual).length === Number(bytes);
  },
};

/** What is different, or null. */
export function differenceOf(
  golden: Exchange['response'],
  actual: Answer,
  labels: Labels,
  ordered: boolean,
): string | null {
  const body = golden.body_text ?? golden.body ?? '';
  return compareAnswers({ ...golden, body }, actual, { ...RULES, labels, ordered });
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
