/** Values as the original printed them into its messages (Python 2): clients and tests compare these texts. */

/** `str(value)` of a value that came from JSON. */
export function pyStr(value: unknown): string {
  return typeof value === 'string' ? value : pyRepr(value);
}

/** `repr(value)` of a value that came from JSON: texts are unicode texts. */
export function pyRepr(value: unknown): string {
  if (typeof value === 'string') return `u${quote(value)}`;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pyRepr).join(', ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).map(([key, member]) => `${pyRepr(key)}: ${pyRepr(member)}`);
    return `{${members.join(', ')}}`;
  }
  return String(value);
}

/** A list of names: `['a', 'b']`, or `[u'a', u'b']` for names that a query string brought. */
export function pyNames(names: readonly string[], unicode: boolean): string {
  return `[${names.map((name) => `${unicode ? 'u' : ''}${quote(name)}`).join(', ')}]`;
}

/** `type(value).__name__` of a value that came from JSON. */
export function pyType(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  const names: Record<string, string> = { string: 'unicode', boolean: 'bool', object: 'dict' };
  return names[typeof value] ?? (Number.isInteger(value) ? 'int' : 'float');
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\\\n\r\t]|[^ -~]/g, escapeCharacter).replaceAll(mark, mark === "'" ? "\\'" : mark);
  return `${mark}${inner}${mark}`;
}

const SHORT: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  return SHORT[character] ?? (code < 256 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`);
}
