import type { Job, Json, TaskDefinition } from '../task/types.ts';
import { createUnitTask, type UnitArguments } from './create-unit.ts';
import type { TypeHooks } from './hooks.ts';
import { type Columns, createObject, deleteObject, type ObjectKind, updateObject } from './objects.ts';

export const GENERAL_CREATE = 'pulpcore.app.tasks.base.general_create';
export const GENERAL_UPDATE = 'pulpcore.app.tasks.base.ageneral_update';
export const GENERAL_DELETE = 'pulpcore.app.tasks.base.ageneral_delete';
/** The same for what takes other objects with it. */
export const GENERAL_MULTI_DELETE = 'pulpcore.app.tasks.base.general_multi_delete';

interface ObjectArguments {
  kind: ObjectKind;
  type: string;
  id: string;
  columns: Columns;
}

/** Tasks that make, change and delete single objects. Their result names the object (see resultReference in src/api). */
export function generalTasks(hooks: TypeHooks): TaskDefinition[] {
  return [
    {
      name: GENERAL_CREATE,
      async run(job, args) {
        if (args.kind === 'content') return createUnitTask(job, hooks, args as unknown as UnitArguments);
        const { kind, type, columns } = args as unknown as ObjectArguments;
        const { services } = job;
        const id = await services.database.transaction((tx) =>
          createObject(tx, services, { kind, type, columns }, job.row.created_by),
        );
        const prn = services.models.prn(kind, type, id);
        job.created(prn);
        return { resource: prn };
      },
    },
    {
      name: GENERAL_UPDATE,
      async run(job, args) {
        const { kind, type, id, columns } = args as unknown as ObjectArguments;
        const { services } = job;
        await services.database.transaction((tx) => updateObject(tx, services, kind, id, columns));
        return { resource: services.models.prn(kind, type, id) };
      },
    },
    { name: GENERAL_DELETE, run: generalDelete },
    { name: GENERAL_MULTI_DELETE, run: generalDelete },
  ];
}

function generalDelete({ services }: Job, args: { [key: string]: Json }): Promise<Json> {
  const { kind, id } = args as unknown as ObjectArguments;
  return services.database.transaction((tx) => deleteObject(tx, services, kind, id));
}
