import type { Dialect } from '../labels.ts';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const PATTERNS: Record<string, string> = {
  '<time>': '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z',
  '<worker>': '\\d+@[\\w.-]+',
  '<cid>': '[0-9a-f]{32}',
  '<path>': 'artifact/[0-9a-f]{2}/[0-9a-f]{62}',
};

export const V3_DIALECT: Dialect = {
  placeholder: /<(uuid:[^<>]+|hex\d+:[0-9a-f]+|time|http time|worker|cid|path|traceback|bytes|varies)>/g,
  label: /<(uuid:[^<>]+|hex\d+:[0-9a-f]+)>/g,
  patternOf(placeholder) {
    if (placeholder.startsWith('<uuid:')) return `(${UUID})`;
    const length = /^<hex(\d+):/.exec(placeholder)?.[1];
    return length === undefined ? (PATTERNS[placeholder] ?? '.+?') : `([0-9a-f]{${length}})`;
  },
  unseen: () => '00000000-0000-0000-0000-000000000000',
};
