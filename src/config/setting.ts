/** A value that somebody set and that cannot be used. The message names the setting and says what would be right. */
export class SettingError extends Error {}

/** One setting: its variable, how its text is read, and the line that documents it. */
export interface Setting<Value> {
  readonly variable: `PULP_${string}`;
  readonly description: string;
  /** As documentation shows it. */
  readonly shownDefault: string;
  readonly fallback: Value;
  /** Throws `SettingError` with the end of a sentence that starts with the variable's name. */
  readonly parse: (text: string) => Value;
}

type Variable = `PULP_${string}`;

export function text(variable: Variable, fallback: string, description: string): Setting<string> {
  return { variable, description, fallback, shownDefault: fallback, parse: (value) => value };
}

/** A text without a fixed default; `shownDefault` says what happens without it. */
export function optionalText(variable: Variable, shownDefault: string, description: string): Setting<string | null> {
  return { variable, description, fallback: null, shownDefault, parse: (value) => value };
}

/** A folder. An URL such as s3://bucket is not taken for one. */
export function folder(variable: Variable, shownDefault: string, description: string): Setting<string | null> {
  function parse(value: string): string {
    if (!/^[a-z0-9]+:\/\//i.test(value)) return value;
    throw new SettingError(`must be a folder, not "${value}"`);
  }
  return { variable, description, fallback: null, shownDefault, parse };
}

/** The URL of a database. What is wrong with one is told without it: it may hold a password. */
export function databaseUrl(variable: Variable, shownDefault: string, description: string): Setting<string | null> {
  function parse(value: string): string {
    // Without a host, and then with a user, it is none for WHATWG: that is the form for local sockets.
    if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(withoutUser(value))) return value;
    throw new SettingError('must be a URL such as postgresql://user:password@host:5432/database');
  }
  return { variable, description, fallback: null, shownDefault, parse };
}

/** The URL of a database without user and password. */
export function withoutUser(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//');
}

/** The beginning of the paths of URLs: whole segments between slashes, none of which `taken` needs. */
export function urlPrefix(variable: Variable, fallback: string, taken: string, description: string): Setting<string> {
  function parse(value: string): string {
    if (!/^\/([\w.~-]+\/)+$/.test(value)) {
      throw new SettingError(`must be a path that starts and ends with "/", such as ${fallback}, not "${value}"`);
    }
    if (!taken.startsWith(value) && !value.startsWith(taken)) return value;
    throw new SettingError(`must leave ${taken} to the APIs, and not be "${value}"`);
  }
  return { variable, description, fallback, shownDefault: fallback, parse };
}

export function wholeNumber(
  variable: Variable,
  fallback: number,
  range: { from: number; to: number },
  description: string,
): Setting<number> {
  function parse(value: string): number {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= range.from && number <= range.to) return number;
    throw new SettingError(`must be a whole number from ${range.from} to ${range.to}, not "${value}"`);
  }
  return { variable, description, fallback, shownDefault: String(fallback), parse };
}

export function oneOf<const Choice extends string>(
  variable: Variable,
  choices: readonly Choice[],
  fallback: NoInfer<Choice>,
  description: string,
): Setting<Choice> {
  function parse(value: string): Choice {
    const choice = choices.find((candidate) => candidate === value.toLowerCase());
    if (choice !== undefined) return choice;
    throw new SettingError(`must be one of ${choices.join(', ')}, not "${value}"`);
  }
  return { variable, description, fallback, shownDefault: fallback, parse };
}

/** A list separated by commas; a settings file may hold a YAML list instead. */
export function list(
  variable: Variable,
  fallback: readonly string[],
  check: (items: readonly string[]) => void,
  description: string,
): Setting<readonly string[]> {
  function parse(value: string): readonly string[] {
    const items = value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    check(items);
    return items;
  }
  return { variable, description, fallback, shownDefault: fallback.join(',') || 'none', parse };
}

/** An origin such as https://packages.example.org, without a path. */
export function origin(variable: Variable, shownDefault: string, description: string): Setting<string | null> {
  function parse(value: string): string {
    const url = URL.canParse(value) ? new URL(value) : null;
    if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash) return url.origin;
    throw new SettingError(`must be scheme and host such as https://packages.example.org, not "${value}"`);
  }
  return { variable, description, fallback: null, shownDefault, parse };
}
