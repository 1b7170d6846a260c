import { permissionsOf } from '../../core/access/roles.ts';
import { invalidField, invalidFields, invalidTogether, notFound, PulpError } from '../../core/errors.ts';
import type { Json } from '../../core/task/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Answer, type Call, type Handler, type JsonObject, ok } from '../call.ts';
import { isUuid } from '../hrefs.ts';
import { createdAnswer, findItem, presentItem, rowById } from '../items.ts';
import type { Row } from '../present/types.ts';
import { cleanBody } from '../validate/body.ts';

/** Roles themselves, and who holds them on an object. */
export const ROLE_HANDLERS: Record<string, Handler> = {
  role_create: createRole,
  role_update: updateRole,
  role_delete: deleteRole,
  list_roles: listRoles,
  my_permissions: myPermissions,
  add_role: addRole,
  remove_role: removeRole,
};

async function createRole(call: Call): Promise<Answer> {
  const { values } = await cleanBody(call, null);
  const row = await call.api.database.find<{ id: string }>(sql`
    insert into role (name, description, permissions)
    values (${values.name}, ${values.description ?? null}, ${values.permissions}::text[])
    on conflict (name) do nothing returning id`);
  if (!row) throw invalidField('name', 'This field must be unique.');
  return createdAnswer(call, call.operation.resource, row.id);
}

async function findUnlocked(call: Call): Promise<Row> {
  const row = await findItem(call);
  if (row.locked) throw new PulpError('forbidden', 'The role is locked.');
  return row;
}

async function updateRole(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const row = await findUnlocked(call);
  const { values } = await cleanBody(call, row);
  const { name, description, permissions } = { ...row, ...values };
  await api.database.execute(sql`
    update role set name = ${name}, description = ${description}, permissions = ${permissions}::text[],
      updated = clock_timestamp() where id = ${row.id}`);
  return ok(await presentItem(call, operation.resource, await rowById(api, operation.resource, `${row.id}`)));
}

async function deleteRole(call: Call): Promise<Answer> {
  const row = await findUnlocked(call);
  await call.api.database.execute(sql`delete from role where id = ${row.id}`);
  return { status: 204 };
}

/** The PRN under which roles on the call's object are kept. */
async function objectOf(call: Call): Promise<{ prn: string; label: string }> {
  const row = await findItem(call);
  const { kind, type } = call.operation.resource;
  const { label } = call.api.models.get(kind ?? 'task', type);
  return { prn: `prn:${label}:${row.id}`, label };
}

async function listRoles(call: Call): Promise<Answer> {
  const { prn } = await objectOf(call);
  const rows = await call.api.database.query<{ role: string; users: Json; groups: Json }>(sql`
    select role.name as role,
      coalesce(json_agg(account.username order by account.id) filter (where account.id is not null), '[]') as users,
      coalesce(json_agg(account_group.name order by account_group.id) filter (where account_group.id is not null), '[]') as groups
    from role_assignment held join role on role.id = held.role_id
    left join account on account.id = held.account_id left join account_group on account_group.id = held.group_id
    where held.object = ${prn} group by role.name order by role.name`);
  return ok({ roles: rows });
}

async function myPermissions(call: Call): Promise<Answer> {
  const { prn, label } = await objectOf(call);
  const [app = '', model = ''] = label.split('.');
  const rows = await call.api.database.query<{ permission: string }>(sql`
    select permission from account, lateral (${permissionsOf(prn)}) held (permission)
    where account.id = ${call.account?.id} order by permission`);
  const permissions = rows.map(({ permission }) => permission);
  return ok({ permissions: permissions.filter((name) => name.startsWith(`${app}.`) && name.includes(model)) });
}

interface Holder {
  kind: 'user' | 'group';
  name: string;
  id: number;
}

interface RoleChange {
  prn: string;
  roleId: string;
  holders: Holder[];
  body: JsonObject;
}

async function roleChange(call: Call): Promise<RoleChange> {
  const { prn, label } = await objectOf(call);
  const { values } = await cleanBody(call, null);
  const users = (values.users ?? []) as string[];
  const groups = (values.groups ?? []) as string[];
  const role = await call.api.database.find<{ id: string; permissions: string[] }>(
    sql`select id, permissions from role where name = ${values.role}`,
  );
  const holders = [...(await holdersOf(call, 'user', users)), ...(await holdersOf(call, 'group', groups))];
  if (!role) throw invalidField('role', `Object with name=${values.role} does not exist.`);
  if (!isForModel(role.permissions, label)) {
    throw invalidTogether('The role does not contain any permission for that object.');
  }
  return { prn, roleId: role.id, holders, body: { users, groups, role: `${values.role}` } };
}

/** Whether a role says anything about objects of a model. */
export function isForModel(permissions: readonly string[], label: string): boolean {
  const [app = '', model = ''] = label.split('.');
  return permissions.some((name) => name.startsWith(`${app}.`) && name.endsWith(`_${model}`));
}

async function holdersOf(call: Call, kind: Holder['kind'], names: readonly string[]): Promise<Holder[]> {
  const rows = await call.api.database.query<{ id: number; name: string }>(
    kind === 'user'
      ? sql`select id, username as name from account where username = any (${names}::text[])`
      : sql`select id, name from account_group where name = any (${names}::text[])`,
  );
  const known = new Map(rows.map((row) => [row.name, row.id]));
  const field = kind === 'user' ? 'username' : 'name';
  const missing = names.flatMap((name, place) =>
    known.has(name) ? [] : [[`${place}`, [`Object with ${field}=${name} does not exist.`]] as [string, string[]]],
  );
  if (missing.length > 0) throw invalidFields({ [`${kind}s`]: Object.fromEntries(missing) });
  return names.map((name) => ({ kind, name, id: known.get(name) ?? 0 }));
}

async function addRole(call: Call): Promise<Answer> {
  const { prn, roleId, holders, body } = await roleChange(call);
  await call.api.database.transaction(async (tx) => {
    for (const { kind, id, name } of holders) {
      const added = await tx.execute(sql`
        insert into role_assignment (role_id, account_id, group_id, object)
        values (${roleId}, ${kind === 'user' ? id : null}, ${kind === 'group' ? id : null}, ${prn}) on conflict do nothing`);
      if (added === 0) throw invalidTogether(`The role is already assigned to ${kind} '${name}'.`);
    }
  });
  return { status: 201, body };
}

async function removeRole(call: Call): Promise<Answer> {
  const { prn, roleId, holders, body } = await roleChange(call);
  await call.api.database.transaction(async (tx) => {
    for (const { kind, id, name } of holders) {
      const removed = await tx.execute(sql`
        delete from role_assignment where role_id = ${roleId} and object = ${prn}
          and ${kind === 'user' ? sql`account_id` : sql`group_id`} = ${id}`);
      if (removed === 0) throw invalidTogether(`The role is not assigned to ${kind} '${name}'.`);
    }
  });
  return { status: 201, body };
}

/** The id in a nested path; 404 for what is none. */
export function uuidKey(call: Call, place: number, model: string): string {
  const key = call.keys[place] ?? '';
  if (!isUuid(key)) throw notFound(model);
  return key;
}
