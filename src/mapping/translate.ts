import { isDeepStrictEqual } from 'node:util';
import { TRANSFORMS } from './transforms.ts';
import type { Config, Dropped, Kept, MappedKey, MappedKeys } from './types.ts';

/** Fields by `<resource>.<field>`. */
export type Fields = Record<string, unknown>;

/** Values of v3 for a v2 config. Values that v3 cannot take leave their field unset and are told in `dropped`. */
export function toFields(keys: MappedKeys, config: Config): { fields: Fields; dropped: Dropped[] } {
  const fields: Fields = {};
  const dropped: Dropped[] = [];
  for (const [name, key] of Object.entries(keys)) {
    const value = own(config, name);
    if (value === undefined) continue;
    if (key.target === undefined || key.transform === undefined) {
      dropped.push({ key: name, why: key.dropped ?? 'no counterpart' });
      continue;
    }
    const result = TRANSFORMS[key.transform].forward(value, key, fields[key.target]);
    if (result === undefined) dropped.push({ key: name, why: `not a usable ${key.type}` });
    else fields[key.target] = result;
  }
  for (const name of Object.keys(config)) {
    if (!Object.hasOwn(keys, name)) dropped.push({ key: name, why: 'Pulp 2 knew no such key' });
  }
  return { fields, dropped };
}

/** The v2 values that fields of v3 stand for; a value that equals its default is left out. */
export function fromFields(keys: MappedKeys, fields: Fields): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(keys)) {
    const value = showField(key, fields);
    if (value !== undefined) config[name] = value;
  }
  return config;
}

function showField(key: MappedKey, fields: Fields): unknown {
  if (key.target === undefined || key.transform === undefined) return undefined;
  const value = TRANSFORMS[key.transform].back(fields[key.target], key);
  return value === key.default ? undefined : value;
}

/** What a v2 client would miss or see changed when only `derived` were shown. */
export function keepDifferences(config: Config, derived: Config): Kept {
  const names = [...new Set([...Object.keys(config), ...Object.keys(derived)])];
  const different = names.filter((name) => !isDeepStrictEqual(own(config, name), own(derived, name)));
  return Object.fromEntries(different.map((name) => [name, keep(own(config, name), own(derived, name))]));
}

function keep(value: unknown, shown: unknown): { value?: unknown; instead_of?: unknown } {
  return { ...(value === undefined ? {} : { value }), ...(shown === undefined ? {} : { instead_of: shown }) };
}

/** The config as v2 clients know it: see `Kept`. */
export function applyKept(derived: Config, kept: Kept): Record<string, unknown> {
  const valid = Object.entries(kept).filter(([name, entry]) => isDeepStrictEqual(own(derived, name), entry.instead_of));
  const hidden = new Set(valid.map(([name]) => name));
  const shown = Object.entries(derived).filter(([name]) => !hidden.has(name));
  const values = valid.filter(([, entry]) => entry.value !== undefined).map(([name, entry]) => [name, entry.value]);
  return Object.fromEntries([...shown, ...values]);
}

/** Client data may have members called `toString` or `__proto__`; null means absent. */
function own(config: Config, name: string): unknown {
  return Object.hasOwn(config, name) ? (config[name] ?? undefined) : undefined;
}

/** Fields of one resource, without its name before the point. */
export function fieldsOf(fields: Fields, resource: string): Record<string, unknown> {
  const prefix = `${resource}.`;
  const own = Object.entries(fields).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** The opposite of `fieldsOf`. */
export function prefixed(resource: string, values: Config): Fields {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${resource}.${name}`, value]));
}
