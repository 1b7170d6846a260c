/** The `_id` of v2 for a row of the core: the first 24 hex digits of its uuid. Migrated rows store their old one. */
export function objectIdOf(uuid: string): string {
  return uuid.replaceAll('-', '').slice(0, 24);
}

/** `{"$oid": …}` as documents show it. */
export function oid(objectId: string): { $oid: string } {
  return { $oid: objectId };
}

/** First and last uuid that an object id may stand for; null when it is none. */
export function uuidRange(objectId: string): { first: string; last: string } | null {
  if (!/^[0-9a-f]{24}$/.test(objectId)) return null;
  return { first: toUuid(`${objectId}00000000`), last: toUuid(`${objectId}ffffffff`) };
}

function toUuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
