import { QueryRefused } from './refusal.ts';

/**
 * Translates a regular expression as Python and PCRE write it into one of PostgreSQL's engine, whose run time is linear
 * in the text once back references and look-around are kept out. What has no counterpart is refused.
 */
export function translatePattern(pattern: string, options: string): string {
  if (pattern.length > MAX_LENGTH) throw new QueryRefused('the regular expression is too long');
  const flags = readFlags(pattern, options);
  const body = new PatternReader(pattern.replace(INLINE_FLAGS, ''), flags.has('s')).translate();
  const embedded = `${flags.has('i') ? 'i' : ''}${flags.has('m') ? 'w' : ''}`;
  return embedded ? `(?${embedded})${body}` : body;
}

const MAX_LENGTH = 5000;
/** Bound of repetition counts multiplied through all nesting: each is that many states of the automaton. */
const MAX_REPEATS = 1000;
const MAX_DEPTH = 50;
const INLINE_FLAGS = /^\(\?([a-zA-Z]+)\)/;
const FLAGS = 'imsu';

function readFlags(pattern: string, options: string): ReadonlySet<string> {
  const flags = new Set([...options, ...(INLINE_FLAGS.exec(pattern)?.[1] ?? '')]);
  const unknown = [...flags].find((flag) => !FLAGS.includes(flag));
  if (unknown !== undefined) throw new QueryRefused(`invalid flag in regex options: ${unknown}`);
  return flags;
}

/** Escapes outside brackets; `$` and `\Z` differ from Python's in nothing that a name can have. */
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ d: '\\d', D: '\\D', w: '\\w', W: '\\W', s: '\\s', S: '\\S' },
  ...{ b: '\\y', B: '\\Y', A: '\\A', Z: '\\Z', z: '\\Z' },
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', a: '\x07' };
const CLASS_NAMES = new Set('alnum alpha blank cntrl digit graph lower print punct space upper xdigit'.split(' '));

class PatternReader {
  private position = 0;
  private readonly text: readonly string[];
  private readonly dotMatchesAll: boolean;

  constructor(text: string, dotMatchesAll: boolean) {
    this.text = [...text];
    this.dotMatchesAll = dotMatchesAll;
  }

  translate(): string {
    const { sql } = this.alternatives(0);
    if (this.position < this.text.length) throw new QueryRefused('unbalanced parenthesis in the regular expression');
    return sql;
  }

  private get next(): string | undefined {
    return this.text[this.position];
  }

  private take(): string {
    const character = this.text[this.position];
    if (character === undefined) throw new QueryRefused('the regular expression ends too early');
    this.position += 1;
    return character;
  }

  private skip(token: string): boolean {
    if (!this.rest(token.length).startsWith(token)) return false;
    this.position += token.length;
    return true;
  }

  private rest(length: number): string {
    return this.text.slice(this.position, this.position + length).join('');
  }

  /** Gives the translation and how often its most repeated part is repeated. */
  private alternatives(depth: number): { sql: string; repeats: number } {
    if (depth > MAX_DEPTH) throw new QueryRefused('the regular expression is nested too deep');
    let sql = '';
    let repeats = 1;
    while (this.next !== undefined && this.next !== ')') {
      if (this.skip('|')) {
        sql += '|';
        continue;
      }
      const piece = this.piece(depth);
      sql += piece.sql;
      repeats = Math.max(repeats, piece.repeats);
    }
    return { sql, repeats };
  }

  private piece(depth: number): { sql: string; repeats: number } {
    const atom = this.atom(depth);
    const quantifier = this.quantifier();
    if (!quantifier) return atom;
    if (atom.anchor) throw new QueryRefused('nothing to repeat in the regular expression');
    const repeats = atom.repeats * quantifier.repeats;
    if (repeats > MAX_REPEATS) throw new QueryRefused('the regular expression repeats too much');
    if (this.next !== undefined && '*+?'.includes(this.next)) throw new QueryRefused('multiple repeat');
    return { sql: atom.sql + quantifier.sql, repeats };
  }

  private atom(depth: number): { sql: string; repeats: number; anchor?: boolean } {
    const character = this.take();
    if (character === '(') return this.group(depth);
    if (character === '[') return { sql: this.bracket(), repeats: 1 };
    if (character === '\\') return this.escape();
    if (character === '.') return { sql: this.dotMatchesAll ? '.' : '[^\\n]', repeats: 1 };
    if (character === '^' || character === '$') return { sql: character, repeats: 1, anchor: true };
    if ('*+?'.includes(character)) throw new QueryRefused('nothing to repeat in the regular expression');
    return { sql: literal(character), repeats: 1 };
  }

  private group(depth: number): { sql: string; repeats: number } {
    const named = /^\?P?<[A-Za-z_]\w{0,40}>/.exec(this.rest(50))?.[0];
    if (named) this.position += [...named].length;
    else if (this.next === '?' && !this.skip('?:')) {
      throw new QueryRefused('look-around and other extensions of regular expressions are not supported');
    }
    const inner = this.alternatives(depth + 1);
    if (!this.skip(')')) throw new QueryRefused('unbalanced parenthesis in the regular expression');
    return { sql: `(?:${inner.sql})`, repeats: inner.repeats };
  }

  private escape(): { sql: string; repeats: number; anchor?: boolean } {
    const character = this.take();
    const known = ESCAPES[character];
    if (known) return { sql: known, repeats: 1, anchor: 'bBAZz'.includes(character) };
    return { sql: literal(this.escaped(character)), repeats: 1 };
  }

  /** The character that an escape sequence stands for, inside brackets and outside. */
  private escaped(character: string): string {
    const control = CONTROLS[character];
    if (control) return control;
    if (character === 'x') return this.hexadecimal(2);
    if (character === 'u') return this.hexadecimal(4);
    if (/[1-9]/.test(character)) throw new QueryRefused('back references are not supported');
    if (/[A-Za-z0-9]/.test(character))
      throw new QueryRefused(`unknown escape \\${character} in the regular expression`);
    return character;
  }

  private hexadecimal(length: number): string {
    const digits = this.rest(length);
    const code = /^[0-9a-fA-F]+$/.test(digits) && digits.length === length ? Number.parseInt(digits, 16) : 0;
    if (code === 0 || (code >= 0xd800 && code <= 0xdfff))
      throw new QueryRefused('bad escape in the regular expression');
    this.position += length;
    return String.fromCharCode(code);
  }

  private quantifier(): { sql: string; repeats: number } | null {
    const counts = /^\{(\d{1,4})(?:(,)(\d{0,4}))?\}/.exec(this.rest(12));
    if (!counts && (this.next === undefined || !'*+?'.includes(this.next))) return null;
    const sql = counts ? counts[0] : this.take();
    if (counts) this.position += counts[0].length;
    // Whether it is greedy says which match is found, not whether there is one.
    this.skip('?');
    if (!counts) return { sql, repeats: 1 };
    const least = Number(counts[1]);
    const most = counts[3] ? Number(counts[3]) : least;
    if (most < least || most > 255) throw new QueryRefused('bad repetition in the regular expression');
    return { sql, repeats: Math.max(1, most) };
  }

  private bracket(): string {
    let sql = this.skip('^') ? '[^' : '[';
    let first = true;
    while (first || this.next !== ']') {
      sql += this.bracketItem(first);
      first = false;
    }
    this.take();
    return `${sql}]`;
  }

  private bracketItem(first: boolean): string {
    const named = /^\[:(\w+):\]/.exec(this.rest(12));
    if (named) {
      if (!CLASS_NAMES.has(named[1] ?? '')) throw new QueryRefused('unknown character class in the regular expression');
      this.position += named[0].length;
      return named[0];
    }
    if (/^\\[dDwWsS]/.test(this.rest(2))) return this.take() + this.take();
    const start = this.bracketCharacter(first);
    const isRange = this.next === '-' && this.text[this.position + 1] !== ']';
    if (!isRange) return literal(start);
    this.take();
    if (/^(\[:|\\[dDwWsS])/.test(this.rest(2))) return `${literal(start)}\\-`;
    const end = this.bracketCharacter(false);
    if ((start.codePointAt(0) ?? 0) > (end.codePointAt(0) ?? 0)) throw new QueryRefused('bad character range');
    return `${literal(start)}-${literal(end)}`;
  }

  private bracketCharacter(first: boolean): string {
    const character = this.take();
    if (character === ']' && !first) throw new QueryRefused('bad character range');
    if (character !== '\\') return character;
    const escaped = this.take();
    return escaped === 'b' ? '\b' : this.escaped(escaped);
  }
}

/** One character as itself. */
function literal(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\u${code.toString(16).padStart(4, '0')}`;
  return code > 0x7f || /[A-Za-z0-9_ ]/.test(character) ? character : `\\${character}`;
}
