import type { Json } from '../../core/task/types.ts';
import { resultReference } from './task-result.ts';
import type { Presenter } from './types.ts';

export const TASK_PRESENTERS: Readonly<Record<string, Presenter>> = {
  api_version: () => 'v3',
  created_by: (row, { api }) => (row.created_by === null ? null : api.hrefs.href('user', null, `${row.created_by}`)),
  parent_task: (row, { api }) => (row.parent_id === null ? null : api.hrefs.href('task', null, `${row.parent_id}`)),
  task_group: (row, { api }) => (row.group_id === null ? null : api.hrefs.href('task_group', null, `${row.group_id}`)),
  child_tasks: (row, { api }) => texts(row.child_ids).map((id) => api.hrefs.href('task', null, id)),
  created_resources: (row, { related }) =>
    texts(row.created_resources).map((prn) => related.hrefs.get(prn) ?? '<unavailable>'),
  created_resource_prns: (row) => texts(row.created_resources),
  task_result: (row, { api, related }) => {
    const prn = resultReference(api, row.result ?? null);
    return prn === null ? (row.result ?? null) : (related.results.get(prn) ?? null);
  },
  group_tasks: (row, { related }) => texts(row.member_ids).flatMap((id) => related.tasks.get(id) ?? []),
  current_task: (row, { api }) =>
    typeof row.current_task_id === 'string' ? api.hrefs.href('task', null, row.current_task_id) : null,
  last_task: (row, { api }) => (row.last_task_id ? api.hrefs.href('task', null, `${row.last_task_id}`) : null),
  dispatch_interval: (row) => `${row.iso_interval}`,
};

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
