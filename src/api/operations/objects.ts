import { invalidField, invalidTogether, notFound } from '../../core/errors.ts';
import type { Json } from '../../core/task/types.ts';
import { GENERAL_CREATE, GENERAL_DELETE, GENERAL_UPDATE } from '../../core/tasks/general.ts';
import { createObject, deleteObject, type ObjectKind, updateObject } from '../../core/tasks/objects.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';
import { type Answer, type Call, type Handler, ok } from '../call.ts';
import type { Resource } from '../declare/types.ts';
import { createdAnswer, findItem, presentItem, rowById } from '../items.ts';
import { presentMinimal } from '../present/related.ts';
import type { Row } from '../present/types.ts';
import { TABLES } from '../tables.ts';
import { cleanBody } from '../validate/body.ts';
import { labelProblem } from '../validate/checks.ts';
import { TOGETHER } from '../validate/together.ts';
import { changedColumns, currentColumns, toColumns } from './columns.ts';
import { immediateAnswer, taskAnswer } from './dispatch-task.ts';
import { isMinimal, list } from './list.ts';

/** The operations that every declared resource has without code of its own. */
export const OBJECT_HANDLERS: Record<string, Handler> = {
  list,
  read,
  create,
  update,
  delete: deleteLater,
  delete_now: deleteNow,
  set_label: setLabel,
  unset_label: unsetLabel,
};

async function read(call: Call): Promise<Answer> {
  const row = await findItem(call);
  if (isMinimal(call)) return ok(presentMinimal(call.api, row));
  return ok(await presentItem(call, call.operation.resource, row));
}

function objectKind(resource: Resource): { kind: ObjectKind; type: string } {
  return { kind: resource.kind as ObjectKind, type: resource.type ?? '' };
}

async function create(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const { resource } = operation;
  const { values } = await cleanBody(call, null);
  const columns = toColumns(resource.members, values);
  checkTogether(resource, columns);
  const { kind, type } = objectKind(resource);
  if (operation.answer === 'task')
    return immediateAnswer(call, { name: GENERAL_CREATE, args: { kind, type, columns } });
  const id = await api.database.transaction((tx) =>
    createObject(tx, api.services, { kind, type, columns }, call.account?.id ?? null),
  );
  return createdAnswer(call, resource, id);
}

/** PUT and PATCH: nothing to change is 200; what a task has to change is 202 (v3-api.md 2.1). */
async function update(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const { resource } = operation;
  const row = await findItem(call);
  const { values } = await cleanBody(call, row);
  const current = currentColumns(api, resource, row);
  const columns = changedColumns(toColumns(resource.members, values), current);
  if (Object.keys(columns).length === 0) return ok(await presentItem(call, resource, row));
  checkTogether(resource, { ...current, ...columns });
  const { kind, type } = objectKind(resource);
  const id = `${row.id}`;
  if (operation.answer === 'update') {
    const exclusive = [api.hrefs.prn(kind, type, id)];
    return immediateAnswer(call, { name: GENERAL_UPDATE, args: { kind, type, id, columns }, exclusive });
  }
  await api.database.transaction((tx) => updateObject(tx, api.services, kind, id, columns));
  return ok(await presentItem(call, resource, await rowById(api, resource, id)));
}

function checkTogether(resource: Resource, columns: { [column: string]: Json }): void {
  if (resource.together === null) return;
  const check = TOGETHER[resource.together];
  if (!check) throw new Error(`There is no check called ${resource.together}.`);
  check(columns);
}

async function deleteLater(call: Call): Promise<Answer> {
  const row = await findItem(call);
  const { kind, type } = objectKind(call.operation.resource);
  const request = {
    name: GENERAL_DELETE,
    args: { kind, type, id: `${row.id}` },
    exclusive: [call.api.hrefs.prn(kind, type, `${row.id}`)],
  };
  return kind === 'distribution' ? immediateAnswer(call, request) : taskAnswer(call, request);
}

async function deleteNow(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const row = await findItem(call);
  const { kind } = objectKind(operation.resource);
  await api.database.transaction((tx) => deleteObject(tx, api.services, kind, `${row.id}`));
  return { status: 204 };
}

async function setLabel(call: Call): Promise<Answer> {
  const row = await findItem(call);
  const { values } = await cleanBody(call, null);
  const key = `${values.key}`;
  const value = values.value ?? null;
  const problem = labelProblem(key, value);
  if (problem !== null) throw invalidTogether(problem);
  await changeLabels(call, row, sql`labels || ${JSON.stringify({ [key]: value })}::jsonb`);
  return { status: 201, body: { key, value } };
}

async function unsetLabel(call: Call): Promise<Answer> {
  const row = await findItem(call);
  const { values } = await cleanBody(call, null);
  const key = `${values.key}`;
  const labels = (row.labels ?? {}) as { [key: string]: Json };
  const value = labels[key];
  if (value === undefined) throw invalidField('key', `Label '${key}' is not set on the object.`);
  await changeLabels(call, row, sql`labels - ${key}::text`);
  return { status: 201, body: { key, value } };
}

/** At once, without a task and without locks: inside the database, so that two at a time lose nothing. */
async function changeLabels(call: Call, row: Row, labels: ReturnType<typeof sql>): Promise<void> {
  const table = TABLES[call.operation.resource.kind ?? 'task'];
  if (!table) throw notFound('object');
  await call.api.database.execute(
    sql`update ${identifier(table.name)} set labels = ${labels}, updated = clock_timestamp() where id = ${row.id}`,
  );
}
