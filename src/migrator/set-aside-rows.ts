import type { Reason } from './reasons.ts';

export type SetAsideRow = {
  readonly kind: string;
  readonly reason: Reason;
  readonly v2_id: string;
  readonly repository?: string;
  readonly detail?: string;
};

/**
 * What a run sets aside among the small collections, or has to remark about what it moved all the same. Units and
 * associations are told by the work tables.
 */
export class SetAsideRows {
  readonly rows: SetAsideRow[] = [];
  readonly notes: SetAsideRow[] = [];

  /** It does not move. */
  add(row: SetAsideRow): void {
    this.rows.push(row);
  }

  /** It moves, but not as it was. */
  note(row: SetAsideRow): void {
    this.notes.push(row);
  }
}
