import type { Json } from '../../core/task/types.ts';
import type { Api } from '../api.ts';

/**
 * The PRN of the object that a task's result stands for: tasks store `{resource: <PRN>}`, `{repository_version: <id>}` or
 * `{publication: <id>}` as their result, and who reads the task is shown the object. Null for any other result.
 */
export function resultReference(api: Api, result: Json): string | null {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return null;
  const entries = Object.entries(result);
  const [name, value] = entries[0] ?? [];
  if (entries.length !== 1 || typeof value !== 'string') return null;
  if (name === 'resource') return value;
  if (name === 'repository_version') return api.hrefs.prn('version', null, value);
  return name === 'publication' ? `publication:${value}` : null;
}
