import { REASONS, type Reason } from '../reasons.ts';
import type { SetAside, SetAsideItem } from './inventory-types.ts';

const MOST_ITEMS = 1000;

/** Collects what does not move; of each kind and reason it remembers the first thousand. */
export class SetAsideList {
  readonly #entries = new Map<string, { kind: string; reason: Reason; count: number; items: SetAsideItem[] }>();

  add(kind: string, reason: Reason, item: SetAsideItem): void {
    this.addMany(kind, reason, 1);
    const entry = this.#entries.get(`${kind} ${reason}`);
    if (entry && entry.items.length < MOST_ITEMS) entry.items.push(item);
  }

  addMany(kind: string, reason: Reason, count: number): void {
    if (count === 0) return;
    const key = `${kind} ${reason}`;
    const entry = this.#entries.get(key) ?? { kind, reason, count: 0, items: [] };
    entry.count += count;
    this.#entries.set(key, entry);
  }

  count(kind: string): number {
    return [...this.#entries.values()]
      .filter((entry) => entry.kind === kind)
      .reduce((sum, entry) => sum + entry.count, 0);
  }

  list(): SetAside[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry, text: REASONS[entry.reason] }));
  }
}
