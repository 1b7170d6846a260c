import { Binary, Long, ObjectId } from 'bson';
import { hashText } from '../platform/crypto/digests.ts';

/** Text of a document, or null when it is absent, null or of another type. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** An id as text: ObjectIds and texts; null for anything else. */
export function idOf(value: unknown): string | null {
  if (value instanceof ObjectId) return value.toHexString();
  return typeof value === 'string' && value !== '' ? value : null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id as a UUID: itself, or one that always follows from it. */
export function uuidOf(id: string): string {
  if (UUID.test(id)) return id;
  const hex = hashText('md5', id);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A whole number below 2^53, or null. */
export function integerOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** A document, or an empty one. */
export function objectOf(value: unknown): Record<string, unknown> {
  return isPlain(value) ? value : {};
}

/** The three encodings of dates in Pulp 2: BSON dates, ISO text, seconds since 1970 (migration.md 1.1). */
export function dateOf(value: unknown): Date | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  if (typeof value === 'number' && Number.isFinite(value)) return dateOf(new Date(value * 1000));
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value)) return null;
  // Python wrote some of them without a zone: they are UTC.
  return dateOf(new Date(/(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`));
}

/** When a document was made: Pulp 2 notes it nowhere, but its ObjectId holds the second. */
export function createdOf(document: Readonly<Record<string, unknown>>): Date | null {
  return document._id instanceof ObjectId ? document._id.getTimestamp() : null;
}

/** What PostgreSQL can hold as JSON: ids as hex, dates as ISO text, no NUL characters, no half surrogates. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? Number(value) : value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Long) return value.toString();
  if (value instanceof Binary) return value.toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  return isPlain(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), toJson(item)]))
    : null;
}

/** NUL, and halves of surrogate pairs, single or not. */
const REFUSED = /[\0\ud800-\udfff]/;

/** Text without what PostgreSQL refuses. */
export function cleanText(text: string): string {
  // Seldom anything has to go, and asking is much cheaper than a pattern of Unicode properties.
  if (!REFUSED.test(text)) return text;
  return text.replace(/[\0\p{Surrogate}]/gu, '\uFFFD');
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
