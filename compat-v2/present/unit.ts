import type { Json } from '../../src/core/task/types.ts';
import type { FamilyMapping, UnitMapping } from '../../src/mapping/types.ts';
import { contentToUnit } from '../../src/mapping/unit.ts';
import { hashText } from '../../src/platform/crypto/digests.ts';
import { href } from '../operation.ts';
import { unitFamily } from '../plugins/unit-family.ts';
import { pyStr } from '../wire/python.ts';
import { v2Time } from './times.ts';

/** A unit as the searches select it: content with what v2 keeps beside it. */
export interface UnitRow extends Record<string, unknown> {
  id: string;
  attributes: Record<string, Json>;
  updated: string;
  downloaded: boolean;
  user_metadata: Json;
  /** Members of the unit that content has no place for. */
  kept: Record<string, Json>;
}

export interface UnitType {
  family: FamilyMapping;
  unit: UnitMapping;
}

type Document = Record<string, unknown>;

/** A unit as `~/content/units/<type>/` lists it: `_href` and `children`, no `_ns` (v2-api.md 3.4). */
export function listedUnit(type: UnitType, row: UnitRow): Document {
  const id = href('content', 'units', type.unit.v2_type, row.id);
  return { _href: id, ...singleUnit(type, row) };
}

/** The same as GET of one unit shows it: without `_href`. */
export function singleUnit(type: UnitType, row: UnitRow): Document {
  return { ...members(type, row), _last_updated: v2Time(row.updated), _id: row.id, children: {} };
}

/** A unit as `metadata` of an association: `_ns`, and the time as a number. */
export function unitMetadata(type: UnitType, row: UnitRow): Document {
  const seconds = Math.floor(Date.parse(row.updated) / 1000);
  return { ...members(type, row), _last_updated: seconds, _ns: type.unit.collection, _id: row.id };
}

/** The unit key alone, as results of copies and removals name units. */
export function unitKey({ unit }: UnitType, attributes: Record<string, Json>): Document {
  const all = contentToUnit(unit, attributes);
  return Object.fromEntries(unit.key.map((name) => [name, all[name]]));
}

function members(type: UnitType, row: UnitRow): Document {
  const unit = contentToUnit(type.unit, row.attributes);
  const document: Document = {
    _storage_path: storagePath(type, unit),
    ...unit,
    _content_type_id: type.unit.v2_type,
    downloaded: row.downloaded,
    pulp_user_metadata: row.user_metadata,
    ...row.kept,
  };
  for (const name of Object.keys(document)) {
    if (document[name] === null || document[name] === undefined) delete document[name];
  }
  return document;
}

/** Where the file lay on an old server: the digest is that of the key, by name, in Python's print (v2-plugins.md 0.5). */
export function storagePath({ family, unit }: UnitType, members: Document): string | null {
  const name = unitFamily(family.family).fileName(members);
  return name === null ? null : `${storageFolder(unit, members)}/${name}`;
}

/** The unit's folder, which is the file itself when that was uploaded. */
export function storageFolder(unit: UnitMapping, members: Document): string {
  const keys = [...unit.key].sort();
  const digest = hashText('sha256', keys.map((key) => `${key}${pyStr(members[key])}`).join(''));
  return `/var/lib/pulp/content/units/${unit.v2_type}/${digest.slice(0, 2)}/${digest.slice(2)}`;
}
