const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in texts.
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const BLANK = /[ \t\n\r]*/y;
const WORDS = ['true', 'false', 'null'];
const NO_NUMBERS = ['NaN', 'Infinity', '-Infinity'];

/** Nesting beyond this is refused: nothing in the API is that deep. */
export const DEEPEST_JSON = 64;

class Found extends Error {}

/** What Python would say about a text that is no JSON: "Expecting value: line 1 column 10 (char 9)" (corrections.md). */
export function describeJsonError(text: string): string {
  try {
    const end = skip(text, scanValue(text, skip(text, 0), 0));
    return end < text.length ? place('Extra data', text, end) : 'Invalid JSON';
  } catch (error) {
    if (error instanceof Found) return error.message;
    throw error;
  }
}

function fail(message: string, text: string, at: number): never {
  throw new Found(place(message, text, at));
}

function place(message: string, text: string, at: number): string {
  const before = text.slice(0, at).split('\n');
  return `${message}: line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1} (char ${at})`;
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found ? at + found[0].length : at;
}

function skip(text: string, at: number): number {
  return match(BLANK, text, at);
}

/** Gives the end of the value that begins at `at`. */
function scanValue(text: string, at: number, depth: number): number {
  if (depth > DEEPEST_JSON) fail('Too deeply nested', text, at);
  const first = text[at];
  if (first === '{') return scanMembers(text, at, depth);
  if (first === '[') return scanItems(text, at, depth);
  if (first === '"') return scanString(text, at);
  const word = WORDS.find((candidate) => text.startsWith(candidate, at));
  if (word) return at + word.length;
  const wrong = NO_NUMBERS.find((candidate) => text.startsWith(candidate, at));
  if (wrong) throw new Found(`Out of range float values are not JSON compliant: '${wrong}'`);
  const end = match(NUMBER, text, at);
  return end > at ? end : fail('Expecting value', text, at);
}

/** Piece by piece: one pattern for a whole text would overflow the stack on a long one. */
function scanString(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    at = match(PLAIN, text, at);
    if (text[at] === '"') return at + 1;
    if (at >= text.length) fail('Unterminated string starting at', text, start);
    if (text[at] !== '\\') fail('Invalid control character at', text, at);
    const end = match(ESCAPE, text, at);
    if (end === at) fail('Invalid \\escape', text, at);
    at = end;
  }
}

function scanItems(text: string, start: number, depth: number): number {
  let at = skip(text, start + 1);
  if (text[at] === ']') return at + 1;
  for (;;) {
    at = skip(text, scanValue(text, at, depth + 1));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') fail("Expecting ',' delimiter", text, at);
    at = skip(text, at + 1);
  }
}

function scanMembers(text: string, start: number, depth: number): number {
  let at = skip(text, start + 1);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') fail('Expecting property name enclosed in double quotes', text, at);
    at = skip(text, scanString(text, at));
    if (text[at] !== ':') fail("Expecting ':' delimiter", text, at);
    at = skip(text, scanValue(text, skip(text, at + 1), depth + 1));
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') fail("Expecting ',' delimiter", text, at);
    at = skip(text, at + 1);
  }
}

/** True when brackets are nested deeper than allowed; those in texts count too, which only ever helps an attacker less. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEEPEST_JSON) return true;
    level = level.flatMap((entry) => (typeof entry === 'object' && entry !== null ? Object.values(entry) : []));
  }
  return false;
}
