import type { Operation } from '../declare/types.ts';

interface Node {
  children: Map<string, Node>;
  operations: Map<string, Operation>;
}

export interface Route {
  /** By method. */
  operations: ReadonlyMap<string, Operation>;
  /** What stood for `{}`. */
  keys: string[];
}

export interface RouteTable {
  /** Null: no operation has such a path. The path is below the API root and has its closing slash. */
  find(path: string): Route | null;
}

/** Paths to operations: one map lookup per segment, literal segments before keys. */
export function createRouteTable(operations: readonly Operation[]): RouteTable {
  const root = newNode();
  for (const operation of operations) {
    let node = root;
    for (const segment of operation.path.split('/').filter(Boolean)) {
      const next = node.children.get(segment) ?? newNode();
      node.children.set(segment, next);
      node = next;
    }
    if (node.operations.has(operation.method))
      throw new Error(`${operation.method} ${operation.path} is declared twice.`);
    node.operations.set(operation.method, operation);
  }

  function find(path: string): Route | null {
    const keys: string[] = [];
    let node = root;
    for (const segment of path.split('/').filter(Boolean)) {
      let next = node.children.get(segment);
      if (!next) {
        next = node.children.get('{}');
        keys.push(segment);
      }
      if (!next) return null;
      node = next;
    }
    return node.operations.size === 0 ? null : { operations: node.operations, keys };
  }

  return { find };
}

function newNode(): Node {
  return { children: new Map(), operations: new Map() };
}

const ORDER = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Value of the header Allow. */
export function allowed(operations: ReadonlyMap<string, Operation>): string {
  const methods = ORDER.filter((method) => operations.has(method));
  return [...methods, ...(operations.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}
