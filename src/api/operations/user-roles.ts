import { invalidField, invalidTogether, notFound } from '../../core/errors.ts';
import type { Json } from '../../core/task/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import { type Answer, type Call, type Handler, type JsonObject, ok } from '../call.ts';
import type { Row } from '../present/types.ts';
import { findTarget } from '../references.ts';
import { cleanBody } from '../validate/body.ts';
import { selectOf } from '../views.ts';
import { pageLinks, readPage } from './pages.ts';
import { isForModel, uuidKey } from './roles.ts';

/** Roles that a user holds, on everything or on an object (v3-api.md 2.14). */
export const USER_ROLE_HANDLERS: Record<string, Handler> = {
  user_roles: listAssignments,
  user_role_create: assign,
  user_role_read: readAssignment,
  user_role_delete: removeAssignment,
};

async function userOf(call: Call): Promise<number> {
  const id = /^\d{1,9}$/.test(call.keys[0] ?? '') ? Number(call.keys[0]) : -1;
  const found = await call.api.database.find(sql`select 1 as found from account where id = ${id}`);
  if (!found) throw notFound('User');
  return id;
}

async function presentAssignment(call: Call, row: Row): Promise<JsonObject> {
  const object = row.content_object_prn;
  const target = typeof object === 'string' ? await findTarget(call.api, object) : null;
  const found = typeof target === 'object' && target !== null ? target : null;
  return {
    pulp_href: `${call.api.hrefs.href('user', null, `${row.account_id}`)}roles/${row.id}/`,
    prn: call.api.hrefs.prn('user_role', null, `${row.id}`),
    pulp_created: row.created ?? null,
    pulp_last_updated: row.updated ?? null,
    role: row.role ?? null,
    content_object: found ? call.api.hrefs.href(found.kind, found.type, found.id) : null,
    content_object_prn: object ?? null,
    description: row.description ?? null,
    permissions: row.permissions ?? [],
    domain: null,
  };
}

async function listAssignments(call: Call): Promise<Answer> {
  const id = await userOf(call);
  const rows = await call.api.database.query<Row>(
    sql`${selectOf(call.operation.resource)} where t.account_id = ${id} order by t.created desc`,
  );
  const page = readPage(call.query);
  const results: Json[] = [];
  for (const row of rows.slice(page.offset, page.offset + page.limit)) results.push(await presentAssignment(call, row));
  return ok({ count: rows.length, ...pageLinks(call, page, rows.length), results });
}

async function findAssignment(call: Call): Promise<Row> {
  const user = await userOf(call);
  const id = uuidKey(call, 1, 'UserRole');
  const row = await call.api.database.find<Row>(
    sql`${selectOf(call.operation.resource)} where t.id = ${id} and t.account_id = ${user}`,
  );
  if (!row) throw notFound('UserRole');
  return row;
}

async function readAssignment(call: Call): Promise<Answer> {
  return ok(await presentAssignment(call, await findAssignment(call)));
}

async function removeAssignment(call: Call): Promise<Answer> {
  const row = await findAssignment(call);
  await call.api.database.execute(sql`delete from role_assignment where id = ${row.id}`);
  return { status: 204 };
}

async function assign(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const user = await userOf(call);
  const { values } = await cleanBody(call, null);
  const role = await api.database.find<{ id: string; permissions: string[] }>(
    sql`select id, permissions from role where name = ${values.role}`,
  );
  if (!role) throw invalidField('role', `Object with name=${values.role} does not exist.`);
  const object = await objectOf(call, values);
  if (object !== null && !isForModel(role.permissions, object.split(':', 2)[1] ?? '')) {
    throw invalidTogether(`The role '${values.role}' does not carry any permission for that object.`);
  }
  const row = await api.database.find<{ id: string }>(sql`
    insert into role_assignment (role_id, account_id, object) values (${role.id}, ${user}, ${object})
    on conflict do nothing returning id`);
  if (!row) throw invalidTogether('The role is already assigned to this user.');
  const created = await api.database.one<Row>(sql`${selectOf(operation.resource)} where t.id = ${row.id}`);
  const body = await presentAssignment(call, created);
  return { status: 201, body, headers: { Location: `${body.pulp_href}` } };
}

/** The PRN of the object, or null for everything. */
async function objectOf(call: Call, values: JsonObject): Promise<string | null> {
  const given = values.content_object ?? values.content_object_prn;
  if (given === undefined && values.content_object === undefined && values.content_object_prn === undefined) {
    throw invalidTogether(
      "Either 'content_object' or 'content_object_prn' needs to be specified. Use 'null' for global or domain level access.",
    );
  }
  if (typeof given !== 'string') return null;
  const found = await findTarget(call.api, given);
  if (typeof found === 'string') throw invalidField('content_object', 'Invalid hyperlink - Object does not exist.');
  return call.api.hrefs.prn(found.kind, found.kind === 'version' ? null : found.type, found.id);
}
