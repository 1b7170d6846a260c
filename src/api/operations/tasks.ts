import { invalidField } from '../../core/errors.ts';
import { PURGE } from '../../core/maintenance/purge.ts';
import { cancelTask } from '../../core/task/queue.ts';
import { FINAL_STATES, type TaskState } from '../../core/task/types.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Answer, Call, Handler } from '../call.ts';
import { parseDate } from '../filter/values.ts';
import { API_ROOT } from '../hrefs.ts';
import { notFoundHere } from '../http/http-error.ts';
import { findItem, presentItem, rowById } from '../items.ts';
import { cleanBody } from '../validate/body.ts';
import { taskAnswer } from './dispatch-task.ts';

const TICKET_MS = 10 * 60_000;

export const TASK_HANDLERS: Record<string, Handler> = {
  task_cancel: cancel,
  task_delete: deleteTask,
  task_purge: purge,
  task_group_cancel: cancelGroup,
  task_profile_artifacts: profileUrls,
  task_profile_content: profileContent,
};

async function wantCanceled(call: Call): Promise<void> {
  const { values } = await cleanBody(call, null);
  if (values.state !== 'canceled') throw invalidField('state', "The only acceptable value for 'state' is 'canceled'.");
}

/** 200 when the task was or will be stopped, 409 with the task when it had ended (v3-api.md 3.7). */
async function cancel(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const row = await findItem(call);
  await wantCanceled(call);
  const canceled = await cancelTask(api.services, `${row.id}`);
  const after = await presentItem(call, operation.resource, await rowById(api, operation.resource, `${row.id}`));
  const done = canceled?.done || canceled?.task.state === 'canceled' || canceled?.task.state === 'canceling';
  // The user is not named in the refusal (corrections.md 2.11).
  return done ? { status: 200, body: after } : { status: 409, body: { ...after, created_by: null } };
}

async function deleteTask(call: Call): Promise<Answer> {
  const row = await findItem(call);
  const deleted = await call.api.database.execute(
    sql`delete from task where id = ${row.id} and state = any (${FINAL_STATES}::text[])`,
  );
  return { status: deleted > 0 ? 204 : 409 };
}

async function purge(call: Call): Promise<Answer> {
  const { values } = await cleanBody(call, null);
  const before = values.finished_before === undefined ? call.api.purgeBefore : parseDate(`${values.finished_before}`);
  if (before === null) {
    throw invalidField(
      'finished_before',
      'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
    );
  }
  return taskAnswer(call, { name: PURGE, args: { finished_before: before, states: values.states ?? ['completed'] } });
}

/** Cancels what has not ended of a group; 409 when something is still at it afterwards. */
async function cancelGroup(call: Call): Promise<Answer> {
  const { api, operation } = call;
  const group = await findItem(call);
  await wantCanceled(call);
  await api.database.execute(sql`
    update task_group set all_tasks_dispatched = true, updated = clock_timestamp() where id = ${group.id}`);
  const members = await api.database.query<{ id: string; state: TaskState }>(
    sql`select id, state from task where group_id = ${group.id} and state in ('waiting', 'running')`,
  );
  for (const { id } of members) await cancelTask(api.services, id);
  const row = await rowById(api, operation.resource, `${group.id}`);
  const busy = Number(row.waiting) + Number(row.running) > 0;
  return { status: busy ? 409 : 200, body: await presentItem(call, operation.resource, row) };
}

interface ProfileTicket {
  task: string;
  name: string;
  expires: number;
}

/** URLs at which what was measured can be had for a while without credentials. */
async function profileUrls(call: Call): Promise<Answer> {
  const { api } = call;
  const row = await findItem(call);
  const profiles = await api.database.query<{ name: string }>(
    sql`select name from task_profile where task_id = ${row.id} order by name`,
  );
  const urls = profiles.map(({ name }) => {
    const ticket: ProfileTicket = { task: `${row.id}`, name, expires: Date.now() + TICKET_MS };
    const token = encodeURIComponent(api.services.secrets.seal(JSON.stringify(ticket)));
    return [name, `${call.origin}${API_ROOT}tasks/${row.id}/profile_artifacts/${name}/?token=${token}`] as const;
  });
  return { status: 200, body: { urls: Object.fromEntries(urls) } };
}

async function profileContent(call: Call): Promise<Answer> {
  const [task = '', name = ''] = call.keys;
  const ticket = openTicket(call);
  if (ticket?.task !== task || ticket.name !== name || ticket.expires < Date.now()) throw notFoundHere();
  const profile = await call.api.database.find<{ content: string }>(
    sql`select content from task_profile where task_id = ${task} and name = ${name}`,
  );
  if (!profile) throw notFoundHere();
  return { status: 200, text: { type: 'text/plain; charset=utf-8', content: profile.content } };
}

function openTicket({ api, query }: Call): ProfileTicket | null {
  try {
    return JSON.parse(api.services.secrets.open(query.get('token') ?? '')) as ProfileTicket;
  } catch {
    return null;
  }
}
