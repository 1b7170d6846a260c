import { invalidField } from '../../core/errors.ts';
import { joinSql, type Sql, sql } from '../../platform/postgres/sql.ts';

const TOKEN =
  /\s*(?:(\()|(\))|(NOT|AND|OR)(?![\w.,=-])|([a-z_][\w]*)\s*=\s*(?:(["'])((?:(?!\5)[^\\]|\\.)*)\5|([\p{L}\d.,_*-]+))(?=[\s()]|$))/uy;
const MOST_COMPLEX = 8;

type Node =
  | { kind: 'term'; name: string; value: string }
  | { kind: 'not'; node: Node }
  | { kind: 'and' | 'or'; nodes: Node[] };
type Token = { kind: 'open' | 'close' | 'NOT' | 'AND' | 'OR' } | { kind: 'term'; name: string; value: string };

/** Condition of a `q` expression (v3-api.md 1.9); `term` compiles one filter or gives null when there is none. */
export async function compileQ(text: string, term: (name: string, value: string) => Promise<Sql> | null): Promise<Sql> {
  const tree = parseQ(text);
  if (complexity(tree) > MOST_COMPLEX) throw invalidField('q', 'Filter expression exceeds allowed complexity.');
  return compileNode(tree, term);
}

async function compileNode(node: Node, term: (name: string, value: string) => Promise<Sql> | null): Promise<Sql> {
  if (node.kind === 'term') {
    const condition = term(node.name, node.value);
    if (!condition) throw invalidField('q', `Filter '${node.name}' does not exist.`);
    return sql`(${await condition})`;
  }
  if (node.kind === 'not') return sql`not coalesce(${await compileNode(node.node, term)}, false)`;
  const pieces: Sql[] = [];
  for (const child of node.nodes) pieces.push(await compileNode(child, term));
  return sql`(${joinSql(pieces, node.kind === 'and' ? ' and ' : ' or ')})`;
}

function complexity(node: Node): number {
  if (node.kind === 'term') return 1;
  if (node.kind === 'not') return complexity(node.node) + 1;
  return node.nodes.reduce((sum, child) => sum + complexity(child), 1);
}

/** The tree of an expression: NOT binds tightest, then AND, then OR. 400 for what is none. */
export function parseQ(text: string): Node {
  const tokens = tokenize(text);
  let at = 0;
  const accept = (kind: Token['kind']) => tokens[at]?.kind === kind && ++at > 0;

  function parseChain(operator: 'AND' | 'OR', next: () => Node): Node {
    const nodes = [next()];
    while (accept(operator)) nodes.push(next());
    const [only] = nodes;
    return nodes.length === 1 && only ? only : { kind: operator === 'AND' ? 'and' : 'or', nodes };
  }
  const parseOr = (): Node => parseChain('OR', parseAnd);
  const parseAnd = (): Node => parseChain('AND', parseNot);
  function parseNot(): Node {
    if (accept('NOT')) return { kind: 'not', node: parseNot() };
    if (accept('open')) {
      const inner = parseOr();
      if (!accept('close')) throw syntaxError();
      return inner;
    }
    const token = tokens[at++];
    if (token?.kind !== 'term') throw syntaxError();
    return token;
  }

  const tree = parseOr();
  if (at !== tokens.length) throw syntaxError();
  return tree;
}

function syntaxError() {
  return invalidField('q', 'Syntax error in expression.');
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  const pattern = new RegExp(TOKEN.source, TOKEN.flags);
  // Deep nesting needs many tokens; whatever is allowed by the complexity fits in far fewer.
  while (pattern.lastIndex < trimmed.length && tokens.length < 100) {
    const match = pattern.exec(trimmed);
    if (!match) throw syntaxError();
    tokens.push(tokenOf(match));
  }
  if (tokens.length === 100) throw invalidField('q', 'Filter expression exceeds allowed complexity.');
  return tokens;
}

function tokenOf([, open, close, word, name, , quoted, bare]: RegExpExecArray): Token {
  if (open) return { kind: 'open' };
  if (close) return { kind: 'close' };
  if (word) return { kind: word as 'NOT' | 'AND' | 'OR' };
  return {
    kind: 'term',
    name: name ?? '',
    value: quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1'),
  };
}
