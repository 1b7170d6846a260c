import type { V2Operation } from './operation.ts';

export type Route = {
  readonly operations: ReadonlyMap<string, V2Operation>;
  readonly values: readonly string[];
};

export type RouteTable = {
  /** What is at a path given as segments; null when nothing is. Fixed names win over ids (v2-api.md 1.1). */
  find(segments: readonly string[]): Route | null;
};

type Node = { readonly fixed: Map<string, Node>; id: Node | null; operations: Map<string, V2Operation> };

/** Throws when two operations claim the same method and path. */
export function createRouteTable(all: readonly V2Operation[]): RouteTable {
  const root = newNode();
  for (const operation of all) {
    const node = segmentsOf(operation.path).reduce(descend, root);
    if (node.operations.has(operation.method)) throw new Error(`${operation.method} ${operation.path} twice`);
    node.operations.set(operation.method, operation);
  }
  return { find: (segments) => find(root, segments, 0, []) };
}

/** Names of the ids in a path, in order. */
export function parameterNames(path: string): string[] {
  return segmentsOf(path)
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1));
}

function newNode(): Node {
  return { fixed: new Map(), id: null, operations: new Map() };
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function descend(node: Node, segment: string): Node {
  if (segment.startsWith(':')) {
    node.id ??= newNode();
    return node.id;
  }
  const next = node.fixed.get(segment) ?? newNode();
  node.fixed.set(segment, next);
  return next;
}

function find(node: Node, segments: readonly string[], depth: number, values: readonly string[]): Route | null {
  const segment = segments[depth];
  if (segment === undefined) return node.operations.size > 0 ? { operations: node.operations, values } : null;
  const fixed = node.fixed.get(segment);
  const found = fixed ? find(fixed, segments, depth + 1, values) : null;
  if (found || !node.id) return found;
  return find(node.id, segments, depth + 1, [...values, segment]);
}
