import type { MappedKey, UnitMapping } from '../../../src/mapping/types.ts';
import { constant, joinSql, type Sql, sql } from '../../../src/platform/postgres/sql.ts';
import { type Field, type FieldTable, fieldTable } from '../field.ts';

/** Columns of a `UnitRow`; rows are `content` left joined with `v2_unit`. */
export const UNIT_COLUMNS = sql`content.id, content.type, content.attributes, content.updated,
  ${isDownloaded()} as downloaded,
  coalesce(v2_unit.user_metadata, '{}') as user_metadata, coalesce(v2_unit.kept, '{}') as kept`;

export const UNIT_TABLES = sql`content left join v2_unit on v2_unit.content_id = content.id`;

function isDownloaded(): Sql {
  return sql`not exists (select from content_artifact path where path.content_id = content.id and path.artifact_id is null)`;
}

/** Members of the units of one type, under the names of v2. */
export function unitFields(unit: UnitMapping): FieldTable {
  const mapped = Object.entries(unit.keys).flatMap(([name, key]) => {
    const field = mappedField(key);
    return field ? [[name, field] as const] : [];
  });
  return fieldTable({
    _id: { kind: 'uuid', sql: sql`content.id` },
    _ns: { kind: 'text', sql: constant(unit.collection) },
    _content_type_id: { kind: 'text', sql: constant(unit.v2_type) },
    _last_updated: { kind: 'number', sql: sql`to_jsonb(floor(extract(epoch from content.updated)))` },
    _storage_path: { kind: 'text', sql: storagePath(unit) },
    downloaded: { kind: 'boolean', sql: sql`(${isDownloaded()})` },
    pulp_user_metadata: { kind: 'json', sql: sql`coalesce(v2_unit.user_metadata, '{}')` },
    ...Object.fromEntries(mapped),
  });
}

const KINDS: Readonly<Record<MappedKey['type'], Field['kind']>> = {
  string: 'text',
  boolean: 'boolean',
  integer: 'number',
  number: 'number',
  object: 'json',
  array: 'json',
};

function mappedField(key: MappedKey): Field | null {
  const [, attribute] = /^content\.(\w+)$/.exec(key.target ?? '') ?? [];
  if (attribute === undefined) return null;
  const kind = KINDS[key.type];
  const text = sql`(content.attributes ->> ${constant(attribute)})`;
  if (kind === 'text') return { kind, sql: text };
  return {
    kind,
    sql: kind === 'boolean' ? sql`${text}::boolean` : sql`(content.attributes -> ${constant(attribute)})`,
  };
}

/** As `storagePath` of present/unit.ts, for the file types of which the file is named by the first member of the key. */
function storagePath(unit: UnitMapping): Sql {
  const value = (name: string) => sql`(content.attributes ->> ${constant(unit.keys[name]?.target?.slice(8) ?? '')})`;
  const parts = [...unit.key].sort().map((name) => sql`${constant(name)}, ${value(name)}`);
  const digest = sql`encode(sha256(convert_to(concat(${joinSql(parts, ', ')}), 'UTF8')), 'hex')`;
  const folder = constant(`/var/lib/pulp/content/units/${unit.v2_type}/`);
  const name = value(unit.key[0] ?? '');
  return sql`coalesce(v2_unit.kept ->> '_storage_path',
    (select ${folder} || left(digest, 2) || '/' || substr(digest, 3) || '/' || ${name} from (select ${digest}) d (digest)))`;
}
