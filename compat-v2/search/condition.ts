import type { Json } from '../../src/core/task/types.ts';
import type { Operand } from './operand.ts';

/** A MongoDB query document, read and checked. */
export type Condition =
  | { readonly kind: 'and' | 'or' | 'nor'; readonly of: readonly Condition[] }
  | { readonly kind: 'field'; readonly path: readonly string[]; readonly tests: readonly Test[] };

/** What is asked of the values at one path; all tests of a field must hold. */
export type Test =
  | { readonly kind: 'equal'; readonly operand: Operand }
  | { readonly kind: 'in'; readonly operands: readonly Operand[] }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly operand: Operand }
  | { readonly kind: 'all'; readonly operands: readonly Operand[] }
  | { readonly kind: 'exists' }
  | { readonly kind: 'size'; readonly size: number }
  /** In PostgreSQL's syntax. */
  | { readonly kind: 'pattern'; readonly pattern: string }
  | { readonly kind: 'element'; readonly where: Condition }
  | { readonly kind: 'elementValue'; readonly tests: readonly Test[] }
  | { readonly kind: 'not'; readonly tests: readonly Test[] };

export type Comparison = '<' | '<=' | '>' | '>=';

export type Filter = { readonly [key: string]: Json };
