import type { Json } from '../../core/task/types.ts';
import type { Member } from '../declare/types.ts';
import { CORE_PRESENTERS } from './core-members.ts';
import { TASK_PRESENTERS } from './task-members.ts';
import type { PresentContext, Presenter, Row } from './types.ts';

const PRESENTERS: Readonly<Record<string, Presenter>> = { ...CORE_PRESENTERS, ...TASK_PRESENTERS };

type MemberReader = (row: Row, context: PresentContext) => Json;

/** How one member's value is read from a row. Throws for a presenter that does not exist. */
export function memberReader(name: string, member: Member): MemberReader {
  if (member.present !== undefined) {
    const presenter = PRESENTERS[member.present];
    if (!presenter) throw new Error(`${name}: there is no presenter called ${member.present}.`);
    return presenter;
  }
  if (member.reference !== undefined) return referenceReader(name, member);
  const [column = name, key] = (member.column ?? name).split('.');
  const fallback = member.default ?? member.initial ?? null;
  if (key !== undefined) return (row) => keyOf(row[column], key, fallback);
  return (row) => row[column] ?? null;
}

function keyOf(value: Json | undefined, key: string, fallback: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fallback;
  const found = value[key];
  return found === undefined ? fallback : found;
}

/** Rows say the type of what they refer to beside its id: `remote_id` and `remote_type`. */
function referenceReader(name: string, member: Member): MemberReader {
  const column = member.column ?? `${name}_id`;
  const typeColumn = column.replace(/_id$/, '_type');
  const kind = member.reference;
  return (row, { api }) => {
    const id = row[column];
    if (typeof id !== 'string' || kind === undefined) return null;
    const type = row[typeColumn];
    return api.hrefs.href(kind, typeof type === 'string' ? type : null, id);
  };
}
