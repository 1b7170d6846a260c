import { invalidField, invalidList, invalidTogether, notFound, PulpError } from '../../core/errors.ts';
import { hashPassword } from '../../platform/crypto/password.ts';
import { insertRow } from '../../platform/postgres/rows.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';
import { type Answer, type Call, type Handler, type JsonObject, ok } from '../call.ts';
import { createdAnswer, findItem, presentItem, rowById } from '../items.ts';
import type { Row } from '../present/types.ts';
import { TABLES } from '../tables.ts';
import { cleanBody } from '../validate/body.ts';
import { passwordProblems } from '../validate/password.ts';
import { pageLinks, readPage } from './pages.ts';

export const ACCOUNT_HANDLERS: Record<string, Handler> = {
  user_create: createUser,
  user_update: updateUser,
  group_create: createGroup,
  group_update: updateGroup,
  account_delete: deleteAccount,
  group_users: listGroupUsers,
  group_user_create: addGroupUser,
  group_user_delete: removeGroupUser,
};

async function userColumns({ password, ...others }: JsonObject): Promise<JsonObject> {
  if (password === undefined) return others;
  if (password === null) return { ...others, password_hash: '' };
  const problems = passwordProblems(`${password}`);
  if (problems.length > 0)
    throw new PulpError('validation', problems.join(' '), { errors: { non_field_errors: problems } });
  return { ...others, password_hash: await hashPassword(`${password}`) };
}

async function createUser(call: Call): Promise<Answer> {
  const { values } = await cleanBody(call, null);
  const columns = { password_hash: '', ...(await userColumns(values)) };
  const row = await call.api.database.transaction((tx) =>
    insertRow<{ id: number }>(tx, 'account', columns, 'username'),
  );
  if (!row) throw invalidField('username', 'This field must be unique.');
  return createdAnswer(call, call.operation.resource, row.id);
}

async function updateUser(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const row = await findItem(call);
  const columns = await userColumns((await cleanBody(call, row)).values);
  if (Object.keys(columns).length > 0) await updatePlain(call, 'account', Number(row.id), columns);
  return ok(await presentItem(call, operation.resource, await rowById(api, operation.resource, Number(row.id))));
}

/** Accounts and groups have no time of change. */
async function updatePlain(
  call: Call,
  table: 'account' | 'account_group',
  id: number,
  columns: JsonObject,
): Promise<void> {
  for (const [column, value] of Object.entries(columns)) {
    await call.api.database.execute(
      sql`update ${identifier(table)} set ${identifier(column)} = ${value} where id = ${id}`,
    );
  }
}

async function createGroup(call: Call): Promise<Answer> {
  const { values } = await cleanBody(call, null);
  const row = await call.api.database.transaction((tx) =>
    insertRow<{ id: number }>(tx, 'account_group', values, 'name'),
  );
  if (!row) throw invalidField('name', 'This field must be unique.');
  return createdAnswer(call, call.operation.resource, row.id);
}

async function updateGroup(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const row = await findItem(call);
  await updatePlain(call, 'account_group', Number(row.id), (await cleanBody(call, row)).values);
  return ok(await presentItem(call, operation.resource, await rowById(api, operation.resource, Number(row.id))));
}

/** The account that asks stays: nobody locks themselves out. */
async function deleteAccount(call: Call): Promise<Answer> {
  const row = await findItem(call);
  const { kind } = call.operation.resource;
  if (kind === 'user' && row.id === call.account?.id) throw invalidList('You cannot delete your own account.');
  const table = TABLES[kind ?? 'user'];
  if (table) await call.api.database.execute(sql`delete from ${identifier(table.name)} where id = ${row.id}`);
  return { status: 204 };
}

async function groupOf(call: Call): Promise<number> {
  const id = Number(call.keys[0]);
  const found =
    Number.isSafeInteger(id) && id < 2 ** 31
      ? await call.api.database.find(sql`select 1 as found from account_group where id = ${id}`)
      : null;
  if (!found) throw notFound('Group');
  return id;
}

function presentMember(call: Call, { id, username }: Row): JsonObject {
  const { hrefs } = call.api;
  return {
    username: username ?? null,
    pulp_href: hrefs.href('user', null, `${id}`),
    prn: hrefs.prn('user', null, `${id}`),
  };
}

async function listGroupUsers(call: Call): Promise<Answer> {
  const id = await groupOf(call);
  const rows = await call.api.database.query<Row>(sql`
    select account.id, username from group_member join account on account.id = account_id
    where group_id = ${id} order by account.id desc`);
  const page = readPage(call.query);
  const results = rows.slice(page.offset, page.offset + page.limit).map((row) => presentMember(call, row));
  return ok({ count: rows.length, ...pageLinks(call, page, rows.length), results });
}

async function addGroupUser(call: Call): Promise<Answer> {
  const id = await groupOf(call);
  const { values } = await cleanBody(call, null);
  const account = await call.api.database.find<Row>(
    sql`select id, username from account where username = ${values.username}`,
  );
  if (!account) throw invalidList(`Could not find user ${values.username}`);
  await call.api.database.execute(
    sql`insert into group_member (group_id, account_id) values (${id}, ${account.id}) on conflict do nothing`,
  );
  return { status: 201, body: presentMember(call, account) };
}

async function removeGroupUser(call: Call): Promise<Answer> {
  const id = await groupOf(call);
  const member = /^\d{1,9}$/.test(call.keys[1] ?? '') ? Number(call.keys[1]) : -1;
  const removed = await call.api.database.execute(
    sql`delete from group_member where group_id = ${id} and account_id = ${member}`,
  );
  if (removed === 0) throw invalidTogether('The user is not in the group.');
  return { status: 204 };
}
