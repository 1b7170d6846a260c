import type { Json } from '../../core/task/types.ts';
import type { Resource } from '../declare/types.ts';
import { memberReader } from './members.ts';
import type { PresentContext, Presenter, Row } from './types.ts';

export interface MemberPlan {
  name: string;
  read: Presenter;
  detail: boolean;
}

/** How a resource is shown. Throws for presenters that do not exist. */
export function planOf(resource: Resource): readonly MemberPlan[] {
  return Object.entries(resource.members)
    .filter(([, member]) => member.access !== 'write')
    .map(([name, member]) => ({ name, read: memberReader(name, member), detail: member.detail === true }));
}

/** Which top-level members an answer has. */
export type FieldChoice = (name: string) => boolean;

const ALL: FieldChoice = () => true;

/** A row as clients see it. `detail`: the answer to a read of this one. */
export function present(
  context: PresentContext,
  row: Row,
  detail: boolean,
  wanted: FieldChoice = ALL,
): { [member: string]: Json } {
  const body: { [member: string]: Json } = {};
  for (const member of context.api.planOf(context.resource)) {
    if ((member.detail && !detail) || !wanted(member.name)) continue;
    body[member.name] = member.read(row, context);
  }
  return body;
}

/** What `fields` and `exclude_fields` ask for; both may be repeated or hold comma lists. */
export function fieldChoice(query: URLSearchParams): FieldChoice {
  const fields = names(query, 'fields');
  const excluded = names(query, 'exclude_fields');
  if (fields.size === 0 && excluded.size === 0) return ALL;
  return (name) => (fields.size === 0 || fields.has(name)) && !excluded.has(name);
}

function names(query: URLSearchParams, parameter: string): Set<string> {
  return new Set(query.getAll(parameter).flatMap((value) => value.split(',').filter(Boolean)));
}
