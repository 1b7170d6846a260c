import { fieldsOf, fromFields, prefixed, toFields } from './translate.ts';
import type { Config, UnitMapping } from './types.ts';

/** Members of a unit that every type has: of the v2 layer, not of the mapping (v2-plugins.md 0.5). */
export const UNIT_MEMBERS = [
  '_id',
  '_ns',
  '_content_type_id',
  '_last_updated',
  '_storage_path',
  'downloaded',
  'pulp_user_metadata',
] as const;

export type ContentTranslation = {
  readonly type: string;
  /** Null when a member of the unit's key is absent or of a wrong type: `problem` says which. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly problem: string | null;
};

/** The content that a unit stands for. Members of the unit without a counterpart stay with the v2 layer. */
export function unitToContent(mapping: UnitMapping, unit: Config): ContentTranslation {
  const { fields } = toFields(mapping.keys, unit);
  const wrong = mapping.key.filter((name) => fields[mapping.keys[name]?.target ?? ''] === undefined);
  if (wrong.length > 0) return { type: mapping.v3_type, fields: null, problem: `no usable ${wrong.join(', ')}` };
  return { type: mapping.v3_type, fields: fieldsOf(fields, 'content'), problem: null };
}

/** The members of a unit that content gives. */
export function contentToUnit(mapping: UnitMapping, content: Config): Record<string, unknown> {
  return fromFields(mapping.keys, prefixed('content', content));
}

/** The unit's key alone. */
export function contentToUnitKey(mapping: UnitMapping, content: Config): Record<string, unknown> {
  const unit = contentToUnit(mapping, content);
  return Object.fromEntries(mapping.key.map((name) => [name, unit[name]]));
}
