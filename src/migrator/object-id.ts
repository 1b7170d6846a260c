import { fingerprintOf } from './id-map.ts';
import { idOf, toJson } from './values.ts';

/** 24 hex digits; a document without a proper id gets ones that follow from its content. */
export function objectId(document: Readonly<Record<string, unknown>>): string {
  const id = idOf(document._id) ?? '';
  return /^[0-9a-f]{24}$/.test(id)
    ? id
    : Buffer.from(fingerprintOf(toJson(document)))
        .toString('hex')
        .slice(0, 24);
}
