import pLimit from 'p-limit';
import type { Mappings } from '../../mapping/load.ts';
import type { UnitMapping } from '../../mapping/types.ts';
import { unitToContent } from '../../mapping/unit.ts';
import type { ContentRoot, FoundFile } from '../content-root.ts';
import type { Reason } from '../reasons.ts';
import type { V2Document, V2Source } from '../sources/source.ts';
import type { SurveyedRepository } from '../survey.ts';
import { pathProblem } from '../unit-path.ts';
import { idOf, textOf } from '../values.ts';
import { AssociationList } from './association-list.ts';
import { IdTable } from './id-table.ts';
import type { SetAsideList } from './set-aside-list.ts';

const REFERENCED = 1;
const CATALOGUED = 2;
const SEEN = 4;
const MOVES = 8;
/** Held by a repository that stays behind. */
const ELSEWHERE = 16;

const STAT_CONCURRENCY = 16;

export type TypeCount = {
  units: number;
  selected: number;
  with_file: number;
  on_demand: number;
  bytes: number;
  on_demand_bytes: number;
};

/**
 * Content of the source in numbers. Holds 30 bytes for each unit and 8 for each association, never a document: five
 * million of each stay below 512 MiB.
 */
export type ContentInventory = {
  readonly counts: ReadonlyMap<string, TypeCount>;
  /** Associations: repository id → unit type → how many. */
  readonly associations: ReadonlyMap<string, ReadonlyMap<string, number>>;
};

type Work = {
  readonly source: V2Source;
  readonly mappings: Mappings;
  readonly files: ContentRoot;
  readonly orphans: boolean;
  readonly setAside: SetAsideList;
  readonly repositories: ReadonlyMap<string, SurveyedRepository>;
  readonly table: IdTable;
  readonly pairs: AssociationList;
  readonly counts: Map<string, TypeCount>;
  readonly associations: Map<string, Map<string, number>>;
  flags: Uint8Array;
  /** Digest of the unit's name, to find units of one path; 48 bits are exact in a double. */
  names: Float64Array;
};

/** Reads associations, catalogue and units once each and looks at the units' files (size, not digest). */
export async function readContent(
  options: Pick<Work, 'source' | 'mappings' | 'files' | 'orphans' | 'setAside' | 'repositories'>,
): Promise<ContentInventory> {
  const work: Work = {
    ...options,
    table: new IdTable(),
    pairs: new AssociationList(),
    counts: new Map(),
    associations: new Map(),
    flags: new Uint8Array(1024),
    names: new Float64Array(1024),
  };
  await readAssociations(work);
  await readCatalogue(work);
  for (const family of work.mappings.families) for (const unit of family.units) await readUnits(work, unit);
  judgeAssociations(work);
  return { counts: work.counts, associations: work.associations };
}

async function readAssociations(work: Work): Promise<void> {
  const numbers = new Map([...work.repositories.keys()].map((id, index) => [id, index]));
  for await (const batch of work.source.read('repo_content_units')) {
    for (const document of batch) takeAssociation(work, document, numbers);
  }
}

function takeAssociation(work: Work, document: V2Document, numbers: ReadonlyMap<string, number>): void {
  const repoId = textOf(document.repo_id) ?? '';
  const type = textOf(document.unit_type_id) ?? '';
  const unitId = idOf(document.unit_id) ?? '';
  const repository = work.repositories.get(repoId);
  const number = numbers.get(repoId);
  if (!repository || number === undefined) {
    work.setAside.add('association', 'dangling_repository', { id: unitId, repository: repoId });
    return;
  }
  const byType = work.associations.get(repoId) ?? new Map<string, number>();
  byType.set(type, (byType.get(type) ?? 0) + 1);
  work.associations.set(repoId, byType);
  const family = work.mappings.byUnit(type)?.family;
  if (family && repository.reason !== null && repository.reason !== 'no_type') mark(work, unitId, ELSEWHERE);
  if (repository.reason === 'not_selected') work.setAside.addMany('association', 'not_selected', 1);
  else if (!family) work.setAside.addMany('association', 'unmapped_type', 1);
  else if (repository.reason !== null && repository.reason !== 'no_type') {
    work.setAside.addMany('association', 'repository_set_aside', 1);
  } else if (repository.family && repository.family !== family) {
    work.setAside.add('association', 'other_family', { id: unitId, repository: repoId });
  } else work.pairs.add(number, mark(work, unitId, REFERENCED));
}

async function readCatalogue(work: Work): Promise<void> {
  for await (const batch of work.source.read('lazy_content_catalog')) {
    for (const { unit_id, url } of batch) {
      const number = work.table.find(idOf(unit_id) ?? '');
      const usable = typeof url === 'string' && url !== '';
      if (usable && (number >= 0 || work.orphans)) mark(work, idOf(unit_id) ?? '', CATALOGUED);
    }
  }
}

async function readUnits(work: Work, mapping: UnitMapping): Promise<void> {
  const count = { units: 0, selected: 0, with_file: 0, on_demand: 0, bytes: 0, on_demand_bytes: 0 };
  work.counts.set(mapping.v2_type, count);
  const limit = pLimit(STAT_CONCURRENCY);
  for await (const batch of work.source.read(mapping.collection)) {
    await Promise.all(batch.map((unit) => limit(() => takeUnit(work, mapping, count, unit))));
  }
}

async function takeUnit(work: Work, mapping: UnitMapping, count: TypeCount, unit: V2Document): Promise<void> {
  const id = idOf(unit._id) ?? '';
  count.units++;
  const known = work.table.find(id);
  const flags = known < 0 ? 0 : (work.flags[known] ?? 0);
  const elsewhere = (flags & ELSEWHERE) !== 0;
  if ((flags & REFERENCED) === 0 && (elsewhere || !work.orphans)) {
    return work.setAside.add(mapping.v2_type, elsewhere ? 'not_selected' : 'orphan', { id });
  }
  count.selected++;
  const number = mark(work, id, SEEN);
  const { fields, problem } = unitToContent(mapping, unit);
  const name = String(fields?.relative_path ?? '');
  if (!fields) return work.setAside.add(mapping.v2_type, 'bad_unit', { id, detail: problem ?? '' });
  const wrong = pathProblem(name);
  if (wrong) return work.setAside.add(mapping.v2_type, 'bad_path', { id, detail: `${JSON.stringify(name)} ${wrong}` });
  const catalogued = ((work.flags[number] ?? 0) & CATALOGUED) !== 0;
  const file = await work.files.findUnit(textOf(unit._storage_path) ?? '', name);
  const size = Number(fields.size);
  const reason = judgeFile(unit, file, size, catalogued);
  if (reason) return work.setAside.add(mapping.v2_type, reason, { id, detail: detailOf(name, file, size) });
  mark(work, id, MOVES);
  work.names[number] = nameHash(name);
  if (file.state === 'present' && file.size === size) {
    count.with_file++;
    count.bytes += size;
  } else {
    count.on_demand++;
    count.on_demand_bytes += size;
  }
}

/** A good file is preferred, whatever `downloaded` says; then a URL to fetch it from (migration.md 1.10 #4–8). */
function judgeFile(unit: V2Document, file: FoundFile, size: number, catalogued: boolean): Reason | null {
  if (file.state === 'present' && file.size === size) return null;
  if (catalogued) return null;
  if (unit.downloaded === false && file.state !== 'present') return 'no_source';
  if (file.state === 'present') return 'damaged_file';
  return file.state === 'missing' ? 'missing_file' : 'unusable_file';
}

function detailOf(name: string, file: FoundFile, size: number): string {
  if (file.state === 'present') return `${name}: ${file.size} bytes instead of ${size}`;
  return file.state === 'folder' ? `${name}: a folder is in its place` : `${name}: ${file.problem}`;
}

/** Which associations move, once the units are known. */
function judgeAssociations(work: Work): void {
  const ids = [...work.repositories.keys()];
  for (const { repository, units, duplicates } of work.pairs.byRepository()) {
    const repoId = ids[repository] ?? '';
    const dangling = units.filter((unit) => ((work.flags[unit] ?? 0) & SEEN) === 0).length;
    const moving = units.filter((unit) => ((work.flags[unit] ?? 0) & MOVES) !== 0);
    if (dangling > 0) addGroup(work.setAside, 'dangling_unit', repoId, dangling);
    work.setAside.addMany('association', 'unit_set_aside', units.length - dangling - moving.length);
    const paths = new Set(moving.map((unit) => work.names[unit])).size;
    if (paths < moving.length) addGroup(work.setAside, 'path_conflict', repoId, moving.length - paths);
    work.setAside.addMany('association', 'duplicate', duplicates);
  }
}

function addGroup(setAside: SetAsideList, reason: Reason, repository: string, count: number): void {
  setAside.add('association', reason, { id: '', repository, detail: `${count} of this repository` });
  setAside.addMany('association', reason, count - 1);
}

function mark(work: Work, id: string, flag: number): number {
  const number = work.table.add(id);
  if (number >= work.flags.length) {
    const flags = new Uint8Array(work.flags.length * 2);
    flags.set(work.flags);
    work.flags = flags;
    const names = new Float64Array(work.names.length * 2);
    names.set(work.names);
    work.names = names;
  }
  work.flags[number] = (work.flags[number] ?? 0) | flag;
  return number;
}

/** FNV-1a over the characters, twice, in 48 bits. */
function nameHash(name: string): number {
  let low = 0x811c9dc5;
  let high = 0x1234567;
  for (let at = 0; at < name.length; at++) {
    low = Math.imul(low ^ name.charCodeAt(at), 0x01000193);
    high = Math.imul(high ^ name.charCodeAt(at), 0x85ebca6b);
  }
  return (low >>> 0) + (high & 0xffff) * 2 ** 32;
}
