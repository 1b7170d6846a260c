import { contentDigest } from '../../core/content/types.ts';
import type { UnitMapping } from '../../mapping/types.ts';
import { type ContentTranslation, UNIT_MEMBERS, unitToContent } from '../../mapping/unit.ts';
import type { Transaction } from '../../platform/postgres/database.ts';
import { identifier, sql } from '../../platform/postgres/sql.ts';
import type { ContentRoot } from '../content-root.ts';
import { makeFeedRewriter } from '../plan/plan-file.ts';
import type { Reason } from '../reasons.ts';
import type { RunContext } from '../run-context.ts';
import type { V2Document } from '../sources/source.ts';
import type { Survey } from '../survey.ts';
import { pathProblem } from '../unit-path.ts';
import { cleanText, dateOf, idOf, integerOf, objectOf, textOf, toJson, uuidOf } from '../values.ts';

const SOURCES = ['migration_unit', 'migration_association', 'migration_catalogue'] as const;
const TABLES = [...SOURCES, 'migration_member'] as const;

/** `files` is null where nothing is looked for. */
export type WorkContext = Pick<RunContext, 'source' | 'mappings' | 'plan' | 'registry' | 'progress' | 'signal'> & {
  readonly files: ContentRoot | null;
};

/** Empties the work tables. */
export async function clearWorkTables(tx: Transaction): Promise<void> {
  for (const table of TABLES) await tx.execute(sql`truncate ${identifier(table)} restart identity`);
}

/** Copies units, associations and catalogue of the source into the work tables, translated, in one transaction. */
export async function fillWorkTables(tx: Transaction, context: WorkContext, survey: Survey): Promise<void> {
  await clearWorkTables(tx);
  const count = counter(context);
  await tx.copy('migration_unit', UNIT_COLUMNS, unitRows(context, count));
  await tx.copy('migration_association', ASSOCIATION_COLUMNS, associationRows(context, survey, count));
  await tx.copy('migration_catalogue', CATALOGUE_COLUMNS, catalogueRows(context, count));
  for (const table of SOURCES) await tx.execute(sql`analyze ${identifier(table)}`);
}

type Count = (documents: number) => void;

function counter({ progress, signal }: WorkContext): Count {
  let done = 0;
  return (documents) => {
    signal.throwIfAborted();
    done += documents;
    progress('reading', done, null, 0);
  };
}

const UNIT_COLUMNS = [
  'id',
  'type',
  'digest',
  'attributes',
  'relative_path',
  'sha256',
  'size',
  'path',
  'downloaded',
  'last_updated',
  'user_metadata',
  'kept',
  'store_id',
  'absent',
  'reason',
  'detail',
] as const;

async function* unitRows(context: WorkContext, count: Count): AsyncGenerator<unknown[]> {
  for (const family of context.mappings.families) {
    for (const mapping of family.units) {
      const { naturalKey } = context.registry.contentType(mapping.v3_type);
      for await (const batch of context.source.read(mapping.collection)) {
        for (const unit of batch) {
          const content = unitToContent(mapping, unit);
          const absent = unit.downloaded === false && (await isAbsent(context.files, unit, content));
          yield unitRow(mapping, naturalKey, unit, content, absent);
        }
        count(batch.length);
      }
    }
  }
}

function unitRow(
  mapping: UnitMapping,
  naturalKey: readonly string[],
  unit: V2Document,
  { fields, problem }: ContentTranslation,
  absent: boolean,
): unknown[] {
  const id = idOf(unit._id) ?? '';
  const name = textOf(fields?.relative_path) ?? '';
  const wrong = fields ? pathProblem(name) : null;
  const sha256 = textOf(fields?.sha256)?.toLowerCase() ?? '';
  const size = integerOf(fields?.size) ?? -1;
  const reason = reasonOf(fields !== null && /^[0-9a-f]{64}$/.test(sha256) && size >= 0, wrong);
  const detail = reason === 'bad_path' ? `${JSON.stringify(name)} ${wrong}` : (problem ?? 'no usable checksum, size');
  const attributes: Record<string, unknown> = { ...fields, sha256 };
  const digest = reason ? null : contentDigest(naturalKey.map((field) => String(attributes[field])));
  return [
    id,
    mapping.v2_type,
    digest,
    toJson(attributes),
    cleanText(name),
    cleanText(sha256),
    size,
    cleanText(textOf(unit._storage_path) ?? ''),
    unit.downloaded !== false,
    dateOf(unit._last_updated),
    toJson(objectOf(unit.pulp_user_metadata)),
    keptOf(mapping, unit),
    uuidOf(id),
    absent,
    reason,
    reason ? cleanText(detail) : null,
  ];
}

/** Of what was never downloaded most has no file: it need not be looked for again. */
async function isAbsent(files: ContentRoot | null, unit: V2Document, { fields }: ContentTranslation): Promise<boolean> {
  const found = await files?.findUnit(textOf(unit._storage_path) ?? '', textOf(fields?.relative_path) ?? '');
  return found?.state === 'missing';
}

function reasonOf(usable: boolean, wrongPath: string | null): Reason | null {
  if (!usable) return 'bad_unit';
  return wrongPath ? 'bad_path' : null;
}

/** Members that neither the mapping nor every unit has. */
function keptOf(mapping: UnitMapping, unit: V2Document): unknown {
  const common: readonly string[] = UNIT_MEMBERS;
  const entries = Object.entries(unit).filter(([name]) => !Object.hasOwn(mapping.keys, name) && !common.includes(name));
  return toJson(Object.fromEntries(entries));
}

const ASSOCIATION_COLUMNS = ['repo_id', 'unit_id', 'type', 'created', 'reason'] as const;

async function* associationRows(context: WorkContext, survey: Survey, count: Count): AsyncGenerator<unknown[]> {
  for await (const batch of context.source.read('repo_content_units')) {
    for (const association of batch) {
      const repoId = textOf(association.repo_id) ?? '';
      const type = textOf(association.unit_type_id) ?? '';
      const reason = reasonAgainst(context, survey, repoId, type);
      const unitId = idOf(association.unit_id) ?? '';
      yield [cleanText(repoId), cleanText(unitId), cleanText(type), dateOf(association.created), reason];
    }
    count(batch.length);
  }
}

function reasonAgainst(context: WorkContext, survey: Survey, repoId: string, type: string): Reason | null {
  const repository = survey.repositories.get(repoId);
  if (!repository) return 'dangling_repository';
  if (repository.reason === 'not_selected') return 'not_selected';
  const family = context.mappings.byUnit(type)?.family;
  if (!family) return 'unmapped_type';
  // Its content may tell what it is: see resolveByContent.
  if (repository.reason === 'no_type') return null;
  if (repository.reason !== null) return 'repository_set_aside';
  return repository.family === family ? null : 'other_family';
}

const CATALOGUE_COLUMNS = ['unit_id', 'importer_id', 'url', 'revision', 'digest_name', 'digest'] as const;
const DIGEST_NAMES = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']);

async function* catalogueRows(context: WorkContext, count: Count): AsyncGenerator<unknown[]> {
  const rewrite = makeFeedRewriter(context.plan);
  for await (const batch of context.source.read('lazy_content_catalog')) {
    for (const entry of batch) {
      const unitId = idOf(entry.unit_id) ?? '';
      const importerId = idOf(entry.importer_id) ?? '';
      const algorithm = textOf(entry.checksum_algorithm);
      const known = algorithm !== null && DIGEST_NAMES.has(algorithm);
      const digest = known ? [algorithm, textOf(entry.checksum)] : [null, null];
      const url = cleanText(rewrite(textOf(entry.url) ?? ''));
      yield [cleanText(unitId), cleanText(importerId), url, integerOf(entry.revision) ?? 0, ...digest];
    }
    count(batch.length);
  }
}
