import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { parse } from 'yaml';
import { SettingError } from './setting.ts';
import { settingsFile } from './settings.ts';

/** Texts by variable name, with where each came from for messages. */
export type RawSettings = ReadonlyMap<string, { text: string; source: string }>;

/** What the environment and the settings file say; the environment wins. Throws `SettingError` about an unusable file. */
export function readSettings(): RawSettings {
  const file = process.env[settingsFile.variable];
  const raw = new Map(file ? parseSettingsFile(readFile(file), file) : []);
  for (const [name, text] of Object.entries(process.env)) {
    if (name.startsWith('PULP_') && name !== settingsFile.variable && text !== undefined && text !== '') {
      raw.set(name, { text, source: 'the environment' });
    }
  }
  return raw;
}

/** Folders in which programs are looked for. */
export function readSearchPath(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** Where this user's programs keep state that nobody asked to be elsewhere; null when the environment does not say. */
export function readStateFolder(): string | null {
  return process.env.XDG_STATE_HOME || null;
}

/** A YAML mapping of names to values; names with or without PULP_, in any case. Lists are as good as comma lists. */
export function parseSettingsFile(yaml: string, file: string): RawSettings {
  const document: unknown = parseYaml(yaml, file);
  if (document === null) return new Map();
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw new SettingError(`PULP_SETTINGS: ${file} must be a mapping of names to values`);
  }
  return new Map(
    Object.entries(document).map(([key, value]) => {
      const name = key.toUpperCase();
      return [name.startsWith('PULP_') ? name : `PULP_${name}`, { text: valueText(key, value, file), source: file }];
    }),
  );
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SettingError(`PULP_SETTINGS: ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function parseYaml(yaml: string, file: string): unknown {
  try {
    return parse(yaml);
  } catch (cause) {
    throw new SettingError(`PULP_SETTINGS: ${file} is not YAML: ${(cause as Error).message}`, { cause });
  }
}

function valueText(key: string, value: unknown, file: string): string {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.every((item) => typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean')) {
    return items.join(',');
  }
  throw new SettingError(`PULP_SETTINGS: ${key} in ${file} must be a plain value or a list of plain values`);
}
