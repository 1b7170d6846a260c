/**
 * JSON as the original wrote it: separators ", " and ": ", everything beyond ASCII escaped (v2-api.md 1.2). Members
 * that are undefined are left out, dates are not known here: documents hold texts.
 */
export function dumpJson(value: unknown): string {
  if (typeof value === 'string') return dumpText(value);
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `[${value.map(dumpJson).join(', ')}]`;
  if (typeof value === 'object') return dumpObject(value);
  return JSON.stringify(value);
}

function dumpObject(value: object): string {
  const parts: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) parts.push(`${dumpText(key)}: ${dumpJson(member)}`);
  }
  return `{${parts.join(', ')}}`;
}

function dumpText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
