import { isDeepStrictEqual } from 'node:util';
import { openSecrets } from '../../core/remote/transactor.ts';
import type { RemoteRow } from '../../core/remote/types.ts';
import type { Json } from '../../core/task/types.ts';
import type { Columns } from '../../core/tasks/objects.ts';
import type { Api } from '../api.ts';
import type { JsonObject } from '../call.ts';
import type { Members, Resource } from '../declare/types.ts';
import type { Row } from '../present/types.ts';

/** Values by member as values by column; keys of a jsonb column are gathered in it. */
export function toColumns(members: Members, values: JsonObject): Columns {
  const columns: Columns = {};
  for (const [name, value] of Object.entries(values)) {
    const member = members[name];
    const [column = name, key] = (member?.column ?? (member?.reference ? `${name}_id` : name)).split('.');
    if (key === undefined) columns[column] = value;
    else columns[column] = { ...(columns[column] as Columns | undefined), [key]: value };
  }
  return columns;
}

/** Columns of a row with its secrets in clear, to be compared with what a client sends. */
export function currentColumns(api: Api, resource: Resource, row: Row): Columns {
  if (resource.kind !== 'remote') return row;
  return openSecrets(api.services.secrets, row as unknown as RemoteRow) as unknown as Columns;
}

/** Those of the given columns that differ from the current ones; of `data` the keys that do. */
export function changedColumns(given: Columns, current: Columns): Columns {
  const changed: Columns = {};
  for (const [name, value] of Object.entries(given)) {
    if (name !== 'data') {
      if (!isSame(value, current[name] ?? null)) changed[name] = value;
      continue;
    }
    const before = (current.data ?? {}) as Columns;
    const keys = Object.entries(value as Columns).filter(([key, entry]) => !isSame(entry, before[key]));
    if (keys.length > 0) changed.data = Object.fromEntries(keys);
  }
  return changed;
}

function isSame(left: Json, right: Json | undefined): boolean {
  return isDeepStrictEqual(left, right);
}
