import type { TaskRow } from '../../core/task/types.ts';
import type { Answer, Call, Handler } from '../call.ts';
import { createdAnswer, rowById } from '../items.ts';
import type { Row } from '../present/types.ts';
import { type Cleaned, cleanBody } from '../validate/body.ts';
import { queueTask, type TaskRequest } from './dispatch-task.ts';
import { publishRequest } from './publications.ts';
import { modifyRequest, syncRequest } from './repositories.ts';

/** Tasks made by POST to a noun (v3-api.md 3.13): the same requests as the actions', answered with the whole task. */
export const TASK_TYPE_HANDLERS: Record<string, Handler> = {
  task_sync: (call) =>
    createTask(call, async (cleaned) => syncRequest(call, await repositoryOf(call, cleaned), cleaned)),
  task_add: (call) =>
    createTask(call, async (cleaned) => modifyRequest(call.api, await repositoryOf(call, cleaned), cleaned)),
  task_publish: (call) => createTask(call, (cleaned) => publishRequest(call, cleaned)),
};

async function createTask(call: Call, toRequest: (cleaned: Cleaned) => Promise<TaskRequest>): Promise<Answer> {
  const task: TaskRow = await queueTask(call, await toRequest(await cleanBody(call, null)));
  return createdAnswer(call, call.api.resourceOf('task', null), task.id);
}

function repositoryOf(call: Call, { found }: Cleaned): Promise<Row> {
  const { api, operation } = call;
  const resource = api.resourceOf('repository', operation.resource.repositoryType);
  return rowById(api, resource, found.repository?.id ?? '');
}
