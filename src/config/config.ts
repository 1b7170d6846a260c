import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type RawSettings, readSearchPath, readSettings, readStateFolder } from './env.ts';
import { projectRoot } from './root.ts';
import { type Setting, SettingError } from './setting.ts';
import { settings } from './settings.ts';

type Settings = typeof settings;
type Value<Item> = Item extends Setting<infer Type> ? Type : never;
type Parsed = { -readonly [Name in keyof Settings]: Value<Settings[Name]> };

/** Every setting, typed and complete: paths are absolute, what depends on another setting is filled in. */
export interface Config extends Omit<Parsed, 'home' | 'storage' | 'workingDirectory'> {
  home: string;
  storage: string;
  workingDirectory: string;
  /** Folders in which installed programs are looked for. */
  searchPath: readonly string[];
}

/** Reads the settings of this process. Throws `SettingError`; `warnings` are for the person who set them. */
export function loadConfig(): { config: Config; warnings: string[] } {
  const raw = readSettings();
  const home = () => defaultHome(projectRoot, readStateFolder());
  return { config: parseConfig(raw, home, readSearchPath()), warnings: findUnknown(raw) };
}

/** Turns texts into a configuration; `home` gives the folder of state when none is set. */
export function parseConfig(raw: RawSettings, home: () => string, searchPath: readonly string[]): Config {
  const parsed = Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, parseSetting(setting as Setting<unknown>, raw)]),
  ) as Parsed;
  const folder = resolve(parsed.home ?? home());
  const config: Config = {
    ...parsed,
    home: folder,
    storage: resolve(parsed.storage ?? join(folder, 'storage')),
    workingDirectory: resolve(parsed.workingDirectory ?? join(folder, 'work')),
    searchPath,
  };
  checkTogether(config);
  return config;
}

/** Names that look like settings and are none: most likely misspelt. */
function findUnknown(raw: RawSettings): string[] {
  const known = new Set<string>(Object.values(settings).map((setting) => setting.variable));
  return [...raw].flatMap(([name, { source }]) => (known.has(name) ? [] : [`${name} (from ${source}) is no setting.`]));
}

function parseSetting(setting: Setting<unknown>, raw: RawSettings): unknown {
  const given = raw.get(setting.variable);
  if (!given) return setting.fallback;
  try {
    return setting.parse(given.text);
  } catch (cause) {
    if (!(cause instanceof SettingError)) throw cause;
    throw new SettingError(`${setting.variable} (from ${given.source}) ${cause.message}`, { cause });
  }
}

function checkTogether(config: Config): void {
  if ((config.tlsCertFile === null) !== (config.tlsKeyFile === null)) {
    throw new SettingError('PULP_TLS_CERT_FILE and PULP_TLS_KEY_FILE belong together: set both or none');
  }
}

/**
 * `var` in the project when that is or can be ours to write, else the user's state folder. Throws `SettingError` when
 * another user keeps state in `var`: whoever finds an empty server in its place takes everything for lost.
 */
export function defaultHome(root: string, stateFolder: string | null): string {
  const beside = join(root, 'var');
  if (isWritable(existsSync(beside) ? beside : root)) return beside;
  if (existsSync(join(beside, 'postgres'))) {
    throw new SettingError(
      `${beside} holds the state of another user: start as that user, or set PULP_HOME to a folder of your own`,
    );
  }
  return join(stateFolder ?? join(homedir(), '.local', 'state'), 'pulp-gateway');
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
