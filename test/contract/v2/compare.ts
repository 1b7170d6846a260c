import { type Answer, compareAnswers, type Rules } from '../compare.ts';
import type { Labels } from '../labels.ts';
import type { Exchange } from './exchange.ts';

const RULES: Omit<Rules, 'labels'> = {
  headers: ['content-type', 'location', 'etag', 'allow'],
  anything: new Set(['<varies>', '<epoch int>', '<epoch float>', '<ms>', '<length>', '<etag>']),
  ordered: false,
  isSameHeader: () => false,
  fits: (golden, actual) => (isTraceback(golden) ? isTraceback(actual) : null),
};

/** The frames are those of the original's source; the last line tells what went wrong, as the error does. */
function isTraceback(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith('Traceback (most');
}

/** What is different, or null. A 500 of the original is no model: anything below is right. */
export function differenceOf(golden: Exchange['response'], actual: Answer, labels: Labels): string | null {
  if (golden.status === 500) return actual.status < 500 ? null : 'a 500';
  const body = 'json' in golden ? golden.json : golden.text;
  return compareAnswers({ ...golden, body }, actual, { ...RULES, labels });
}
