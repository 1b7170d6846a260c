/** A query that the original's database would have refused, or that costs too much: the reason, for people. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
}

/** A date operand that is none: the original fails, we blame the filters. */
export class BadDate extends Error {
  override readonly name = 'BadDate';
}
