import { invalidField } from '../../core/errors.ts';
import { RECLAIM_SPACE } from '../../core/maintenance/reclaim.ts';
import { REPAIR_ALL } from '../../core/maintenance/repair.ts';
import { DEFAULT_DOMAIN_ID } from '../../core/models.ts';
import { ORPHAN_CLEANUP } from '../../core/orphan/cleanup.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Answer, Call, Handler } from '../call.ts';
import { contentIdsOf } from '../content-units.ts';
import { type Found, resolveReference } from '../references.ts';
import { cleanBody } from '../validate/body.ts';
import { taskAnswer } from './dispatch-task.ts';

export const MAINTENANCE_HANDLERS: Record<string, Handler> = {
  orphans_cleanup: cleanOrphans,
  repair_all: repairAll,
  reclaim_space: reclaimSpace,
};

const lock = (name: string) => `pdrn:${DEFAULT_DOMAIN_ID}:${name}`;

async function cleanOrphans(call: Call): Promise<Answer> {
  const { values } = await cleanBody(call, null);
  const hrefs = values.content_hrefs as string[] | undefined;
  if (hrefs?.length === 0) throw invalidField('content_hrefs', 'Must not be [].');
  return taskAnswer(call, {
    name: ORPHAN_CLEANUP,
    args: {
      content: hrefs ? await contentIdsOf(call.api, 'content_hrefs', hrefs) : null,
      minutes: values.orphan_protection_time ?? null,
    },
    exclusive: [lock('orphans')],
  });
}

async function repairAll(call: Call): Promise<Answer> {
  const { values } = await cleanBody(call, null);
  return taskAnswer(call, {
    name: REPAIR_ALL,
    args: { verify: values.verify_checksums ?? true },
    exclusive: [lock('repair')],
  });
}

async function reclaimSpace(call: Call): Promise<Answer> {
  const { api } = call;
  const { values } = await cleanBody(call, null);
  const hrefs = values.repo_hrefs as string[];
  if (hrefs.length === 0) throw invalidField('repo_hrefs', 'Must not be [].');
  const everything = hrefs.includes('*');
  if (everything && hrefs.length > 1) throw invalidField('repo_hrefs', "Can not specify other HREFs when using '*'");
  const repositories: Found[] = [];
  for (const href of everything ? [] : hrefs) {
    repositories.push(await resolveReference(api, 'repo_hrefs', 'repository', href));
  }
  const keep: string[] = [];
  for (const href of (values.repo_versions_keeplist ?? []) as string[]) {
    keep.push((await resolveReference(api, 'repo_versions_keeplist', 'version', href)).id);
  }
  const all = everything ? await api.database.query<{ id: string }>(sql`select id from repository`) : repositories;
  return taskAnswer(call, {
    name: RECLAIM_SPACE,
    args: { repositories: all.map(({ id }) => id), keep },
    exclusive: everything ? [lock('reclaim_space')] : [],
    shared: repositories.map(({ type, id }) => api.hrefs.prn('repository', type, id)),
  });
}
