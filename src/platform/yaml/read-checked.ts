import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';

/** A YAML text that is malformed or does not fit its schema. One problem per line, each with file, line and key. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Compiles a JSON schema (2020-12) for `readChecked`. */
export function compileSchema<T>(schema: object): ValidateFunction<T> {
  // Schemas are our own: checking them against the schema of schemas costs 50 ms at every start.
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, meta: false, validateSchema: false });
  return ajv.compile<T>(schema);
}

/** Parses YAML and checks it; throws YamlError naming every problem with the line it is in. */
export function readChecked<T>(text: string, name: string, validate: ValidateFunction<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const malformed = document.errors.map(
    (error) => `${name}:${error.linePos?.[0].line ?? 1}: ${firstLine(error.message)}`,
  );
  if (malformed.length > 0) throw new YamlError(malformed);
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (validate(value)) return value;
  const problems = (validate.errors ?? []).filter(isTelling).map((error) => describe(error, name, document, lines));
  throw new YamlError([...new Set(problems)]);
}

/** Conditions around the real complaint say nothing of their own. */
function isTelling(error: ErrorObject): boolean {
  return error.keyword !== 'if' && error.keyword !== 'oneOf' && error.keyword !== 'anyOf';
}

function describe(error: ErrorObject, name: string, document: Document, lines: LineCounter): string {
  const extra: unknown = error.params.additionalProperty ?? error.params.unevaluatedProperty;
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const full = typeof extra === 'string' ? [...path, extra] : path;
  const line = lineOf(document, full, lines);
  const key = full.join('.') || 'the file';
  if (typeof extra === 'string') return `${name}:${line}: ${key}: unknown key`;
  const choices = Array.isArray(error.params.allowedValues) ? ` (${error.params.allowedValues.join(', ')})` : '';
  return `${name}:${line}: ${key}: ${error.message ?? 'is wrong'}${choices}`;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function lineOf(document: Document, path: readonly string[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const node = keyAt(document, path.slice(0, length)) ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** A value may begin lines below its key. Undefined for items of lists, which have none. */
function keyAt(document: Document, path: readonly string[]): unknown {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  return isMap(parent) ? parent.items.find(({ key }) => String(key) === path.at(-1))?.key : undefined;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
