import { NOTHING } from '../../src/core/repository/new-version.ts';
import type { Job, TaskDefinition } from '../../src/core/task/types.ts';
import type { V2Call } from '../call-report.ts';
import { codedError, missingResource } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { readUnitCriteria } from '../search/unit-criteria.ts';
import { MATCHED, markReplaced, type NamedUnit, stageMatches } from '../store/associations.ts';
import { changeUnits, type UnitChange } from '../store/change-units.ts';
import { findImporter } from '../store/importers.ts';
import { findRepositoryView, type RepositoryView } from '../store/repositories.ts';
import { actionTag, repositoryTag } from '../tags.ts';
import { repositoryPrn } from './reservation.ts';
import { type V2Deps, v2Of, v2Task } from './v2-task.ts';

const TASK_TYPE = 'pulp.server.managers.repo.unit_association.associate_from_repo';

type Args = JsonObject & { source: string; destination: string; criteria: JsonObject };

const tagsOf = ({ source, destination }: Args) => [
  ...[...new Set([destination, source])].map(repositoryTag),
  actionTag('associate'),
];

export function associateCall(
  v2: V2App,
  source: RepositoryView,
  destination: RepositoryView,
  criteria: JsonObject,
): V2Call {
  const args: Args = { source: source.name, destination: destination.name, criteria };
  const exclusive = [repositoryPrn(v2, destination)];
  return { taskType: TASK_TYPE, tags: tagsOf(args), args, exclusive, shared: [repositoryPrn(v2, source)] };
}

/** Copies units. Nothing but their association is new; units in their place go (v2-plugins.md 0.8, 1.8.1). */
export function associateTask(deps: V2Deps): TaskDefinition {
  return v2Task<Args>(TASK_TYPE, tagsOf, async ({ job }, args) => {
    const v2 = v2Of(deps, job);
    const destination = await withImporter(v2, args.destination);
    const source = await withImporter(v2, args.source);
    assertTypesFit(v2, source, destination);
    return { units_successful: await copyUnits(v2, job, source, destination, args.criteria) };
  });
}

/** PLP0009 `{repo_id}` without a repository or without an importer. */
async function withImporter(v2: V2App, name: string): Promise<RepositoryView & { family: string }> {
  const { database } = v2.app.services;
  const view = await findRepositoryView(database, name);
  const importer = view && (await findImporter(v2, database, view));
  if (!view || !importer) throw missingResource({ repo_id: name });
  return { ...view, family: v2.mappings.byImporter(importer.typeId)?.family ?? '' };
}

/** PLP0044 when the source holds units that the destination's importer knows nothing of. */
function assertTypesFit({ mappings }: V2App, source: RepositoryView, destination: { family: string }): void {
  const families = Object.keys(source.present).map((type) => mappings.byContent(type)?.family.family);
  if (families.every((family) => family === destination.family)) return;
  throw codedError('PLP0044', 'The target importer does not support the types from the source', {});
}

async function copyUnits(
  v2: V2App,
  job: Job,
  source: RepositoryView,
  destination: RepositoryView,
  criteria: JsonObject,
): Promise<NamedUnit[]> {
  return changeUnits(v2, job, destination, async (tx): Promise<UnitChange<NamedUnit[]>> => {
    const all = await stageMatches(v2, tx, source, readUnitCriteria(criteria));
    const { limit, skip } = readUnitCriteria(criteria);
    const result = all.slice(skip, limit === null ? undefined : skip + limit);
    await markReplaced(tx, destination);
    return { add: MATCHED, remove: NOTHING, result };
  });
}
