import { LRUCache } from 'lru-cache';

/** Entries that are right as long as nothing changed: all go at the first sign of a change. */
export interface Snapshot<Entry extends object> {
  get(key: string): Entry | undefined;
  /** Loads what is missing; callers at the same time share one load. `keep` false: only they get it. */
  load(key: string, work: () => Promise<{ entry: Entry; keep: boolean }>): Promise<Entry>;
}

export interface SnapshotLimits<Entry> {
  maxSize: number;
  maxEntrySize: number;
  sizeOf: (entry: Entry) => number;
}

/**
 * Gives the snapshot for a mark. A load that began under an older mark goes into the older snapshot, which nobody asks
 * any more: what was read before a change can never be found after it.
 */
export function createSnapshots<Entry extends object>(
  limits: SnapshotLimits<Entry>,
): (mark: string) => Snapshot<Entry> {
  let current: { mark: string; snapshot: Snapshot<Entry> } | null = null;
  return (mark) => {
    if (current?.mark !== mark) current = { mark, snapshot: createSnapshot(limits) };
    return current.snapshot;
  };
}

function createSnapshot<Entry extends object>(limits: SnapshotLimits<Entry>): Snapshot<Entry> {
  const entries = new LRUCache<string, Entry>({
    maxSize: limits.maxSize,
    maxEntrySize: limits.maxEntrySize,
    sizeCalculation: (entry, key) => limits.sizeOf(entry) + key.length,
  });
  const loading = new Map<string, Promise<Entry>>();

  async function loadOnce(key: string, work: () => Promise<{ entry: Entry; keep: boolean }>): Promise<Entry> {
    try {
      const { entry, keep } = await work();
      if (keep) entries.set(key, entry);
      return entry;
    } finally {
      loading.delete(key);
    }
  }

  return {
    get: (key) => entries.get(key),
    load(key, work) {
      const started = loading.get(key) ?? loadOnce(key, work);
      loading.set(key, started);
      return started;
    },
  };
}
