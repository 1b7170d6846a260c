import { refreshAcs } from '../../core/acs/refresh.ts';
import type { AcsRow } from '../../core/acs/types.ts';
import { GENERAL_MULTI_DELETE } from '../../core/tasks/general.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Answer, Call, Handler } from '../call.ts';
import { findItem } from '../items.ts';
import { taskAnswer } from './dispatch-task.ts';

export const ACS_HANDLERS: Record<string, Handler> = {
  acs_refresh: refresh,
  acs_delete: deleteAcs,
};

/** 202 with exactly one member, as for tasks. */
async function refresh(call: Call): Promise<Answer> {
  const { api } = call;
  const acs = (await findItem(call)) as unknown as AcsRow;
  const { syncTask } = api.app.registry.repositoryType(acs.type);
  const group = await refreshAcs(api.services, acs, { syncTask, createdBy: call.account?.id ?? null, cid: call.cid });
  return { status: 202, body: { task_group: api.hrefs.href('task_group', null, group) } };
}

/** The task holds the hidden repositories too, which go with the source. */
async function deleteAcs(call: Call): Promise<Answer> {
  const { api } = call;
  const { id, type } = (await findItem(call)) as unknown as AcsRow;
  const repositories = await api.database.query<{ id: string; type: string }>(sql`
    select id, type from repository
    where id in (select repository_id from alternate_content_path where source_id = ${id}) order by created`);
  return taskAnswer(call, {
    name: GENERAL_MULTI_DELETE,
    args: { kind: 'acs', type, id },
    exclusive: [
      api.hrefs.prn('acs', type, id),
      ...repositories.map((repository) => api.hrefs.prn('repository', repository.type, repository.id)),
    ],
  });
}
