import type { Json } from '../src/core/task/types.ts';
import type { JsonObject } from './operation.ts';

/** A stored config after a change: merged key by key, null removes (v2-plugins.md 0.1). */
export function mergeConfig(current: JsonObject, changes: JsonObject): JsonObject {
  return dropNulls({ ...current, ...changes });
}

/** As configs are stored at creation. */
export function dropNulls(config: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));
}

/** Python's truth of a value: empty texts, lists and objects are false. */
export function isTrue(value: Json | undefined): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}
