import type { Dialect } from '../labels.ts';

const PATTERNS: Record<string, string> = {
  uuid: '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})',
  oid: '([0-9a-f]{24})',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|\\+00:00)?',
  // Which of the workers did it is chance.
  reserved_resource_worker: 'reserved_resource_worker-\\d+',
};

export const V2_DIALECT: Dialect = {
  placeholder: /<(uuid:[^>]+|oid:\d+|time|host|etag|length|pem:[^>]+)>|reserved_resource_worker-\d+(?=@<host>)/g,
  label: /<((?:uuid|oid):[^>]+)>/g,
  patternOf: (placeholder) => PATTERNS[/^<?([a-z_]+)/.exec(placeholder)?.[1] ?? ''] ?? '.+?',
  unseen(label, number) {
    const tail = String(number).padStart(4, '0');
    return label.startsWith('oid') ? `5b9f00d2a7c1e0a9d4c0${tail}` : `5b9f00d2-a7c1-4e0a-9d4c-00000000${tail}`;
  },
};
