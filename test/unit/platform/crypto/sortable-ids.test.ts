import { describe, expect, it } from 'vitest';
import { sortableIds } from '../../../../src/platform/crypto/sortable-ids.ts';

const NOW = Date.parse('2026-01-31T10:20:30.123Z');

describe('sortable ids', () => {
  it('are version 7 UUIDs of their moment', () => {
    const [id = ''] = sortableIds(1, NOW);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(NOW);
  });

  it('sort in the order in which they are given, also beyond 16 bits', () => {
    const ids = sortableIds(70_000, NOW);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('come after those of an earlier moment', () => {
    expect((sortableIds(5000, NOW).at(-1) ?? '') < (sortableIds(1, NOW + 1)[0] ?? '')).toBe(true);
  });
});
