/** MongoDB's matching in plain code, slow and simple: what the compiled SQL is held against. */

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
type Document = { [key: string]: Value };

/** Everything at a path, arrays of objects on the way unwound; undefined for what is missing. */
function nodesAt(value: Value | undefined, path: readonly string[]): (Value | undefined)[] {
  const [first, ...rest] = path;
  if (first === undefined) return [value];
  if (Array.isArray(value)) {
    const objects = value.filter((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry));
    const numbered = /^\d{1,5}$/.test(first) && Number(first) < value.length ? nodesAt(value[Number(first)], rest) : [];
    return [...objects.flatMap((entry) => nodesAt(entry, path)), ...numbered];
  }
  if (typeof value !== 'object' || value === null) return [undefined];
  return nodesAt(Object.hasOwn(value, first) ? value[first] : undefined, rest);
}

function unwound(nodes: readonly (Value | undefined)[]): (Value | undefined)[] {
  return nodes.flatMap((node) => (Array.isArray(node) ? [node, ...node] : [node]));
}

function same(left: Value | undefined, right: Value): boolean {
  if (right === null) return left === undefined || left === null;
  if (typeof left !== 'object' || left === null || typeof right !== 'object') return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && strictly((left as Document)[key], (right as Document)[key]));
}

function strictly(left: Value | undefined, right: Value | undefined): boolean {
  return right === null || right === undefined ? left === right : same(left, right);
}

function compares(left: Value | undefined, operator: string, right: Value): boolean {
  if (right === null) return operator.endsWith('e') && same(left, null);
  if (left === null || left === undefined || typeof left !== typeof right || typeof left === 'object') return false;
  const [a, b] = typeof left === 'string' ? [Buffer.from(left), Buffer.from(right as string)] : [left, right];
  const order = Buffer.isBuffer(a) ? Buffer.compare(a, b as Buffer) : Number(a) - Number(b);
  return { $lt: order < 0, $lte: order <= 0, $gt: order > 0, $gte: order >= 0 }[operator] === true;
}

function holds(operator: string, operand: Value, operators: Document, nodes: (Value | undefined)[], unwinds: boolean) {
  const values = unwinds ? unwound(nodes) : nodes;
  const some = (test: (value: Value | undefined) => boolean) => values.some(test);
  const list = operand as Value[];
  const arrays = nodes.filter((node) => Array.isArray(node));
  switch (operator) {
    case '$eq':
      return some((value) => same(value, operand));
    case '$ne':
      return !some((value) => same(value, operand));
    case '$in':
      return some((value) => list.some((entry) => same(value, entry)));
    case '$nin':
      return !some((value) => list.some((entry) => same(value, entry)));
    case '$all':
      return list.length > 0 && list.every((entry) => some((value) => same(value, entry)));
    case '$exists':
      return nodes.some((node) => node !== undefined) === operand;
    case '$size':
      return arrays.some((array) => array.length === operand);
    case '$regex':
      return some(
        (value) => typeof value === 'string' && new RegExp(operand as string, operators.$options as string).test(value),
      );
    case '$options':
      return true;
    case '$not':
      return !allHold(operand as Document, nodes, unwinds);
    case '$elemMatch':
      return arrays.some((array) => array.some((entry) => elementMatches(entry, operand as Document)));
    default:
      return some((value) => compares(value, operator, operand));
  }
}

function allHold(operators: Document, nodes: (Value | undefined)[], unwinds: boolean): boolean {
  return Object.entries(operators).every(([name, operand]) => holds(name, operand, operators, nodes, unwinds));
}

function elementMatches(element: Value, query: Document): boolean {
  const [first = ''] = Object.keys(query);
  const isLogical = ['$and', '$or', '$nor'].includes(first);
  if (first.startsWith('$') && !isLogical) return allHold(query, [element], false);
  return (
    typeof element === 'object' && element !== null && !Array.isArray(element) && matches(element as Document, query)
  );
}

/** Whether a document matches a query document. */
export function matches(document: Document, query: Document): boolean {
  return Object.entries(query).every(([key, value]) => {
    const list = value as Document[];
    if (key === '$and') return list.every((entry) => matches(document, entry));
    if (key === '$or') return list.some((entry) => matches(document, entry));
    if (key === '$nor') return !list.some((entry) => matches(document, entry));
    const isOperators = typeof value === 'object' && value !== null && Object.keys(value)[0]?.startsWith('$');
    return allHold(isOperators ? (value as Document) : { $eq: value }, nodesAt(document, key.split('.')), true);
  });
}
