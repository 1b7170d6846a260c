import pLimit from 'p-limit';
import type { StagedFile } from '../../platform/storage/artifact-store.ts';
import { IntegrityError, MissingFileError, SizeMismatchError } from '../../platform/storage/errors.ts';
import type { FoundFile } from '../content-root.ts';
import type { Reason } from '../reasons.ts';
import type { RunContext } from '../run-context.ts';
import { cleanText } from '../values.ts';
import type { WorkUnit } from './work-unit.ts';

/** Where the bytes of a unit are: in the store, in a file brought there and verified, at a remote, or nowhere. */
export type Finding =
  | { readonly kind: 'stored' }
  | { readonly kind: 'file'; readonly file: StagedFile }
  | { readonly kind: 'remote' }
  | { readonly kind: 'none'; readonly reason: Reason; readonly detail: string };

/** Files hashed at the same time: more than cores, since half of the time goes into waiting for the disk. */
const CONCURRENCY = 6;

/** Looks for the bytes of each unit, in the order given. Only what is wrong with single files is a finding; a full disk throws. */
export async function findBytes(
  context: RunContext,
  units: readonly WorkUnit[],
  stored: ReadonlySet<string>,
): Promise<Finding[]> {
  const limit = pLimit(CONCURRENCY);
  // Two units of one digest are read once: the second finds the first one's staged file.
  const staged = new Map<string, Promise<Finding>>();
  return Promise.all(
    units.map((unit) => {
      if (stored.has(unit.sha256)) return { kind: 'stored' as const };
      const twin = staged.get(unit.sha256);
      const finding = twin
        ? twin.then((found) => (found.kind === 'file' ? found : limit(() => look(context, unit))))
        : limit(() => look(context, unit));
      if (!twin) staged.set(unit.sha256, finding);
      return finding;
    }),
  );
}

async function look(context: RunContext, unit: WorkUnit): Promise<Finding> {
  const found = await context.files.findUnit(unit.path, unit.relative_path);
  if (found.state !== 'present')
    return elsewhere(unit, found.state === 'missing' ? 'missing_file' : 'unusable_file', problemOf(found));
  if (found.size !== unit.size) return elsewhere(unit, 'damaged_file', `${found.size} bytes instead of ${unit.size}`);
  try {
    const expected = { size: unit.size, digests: { sha256: unit.sha256 } };
    return { kind: 'file', file: await context.services.store.adoptFile(found.path, 'auto', expected) };
  } catch (error) {
    return elsewhere(unit, reasonOf(error), (error as Error).message);
  }
}

/** A unit whose file is of no use is fetched again when somebody asks for it, if a URL is known. */
function elsewhere(unit: WorkUnit, reason: Reason, detail: string): Finding {
  if (unit.catalogued) return { kind: 'remote' };
  const never = !unit.downloaded && reason === 'missing_file';
  return { kind: 'none', reason: never ? 'no_source' : reason, detail: cleanText(`${unit.relative_path}: ${detail}`) };
}

function problemOf(found: FoundFile): string {
  return found.state === 'missing' || found.state === 'unusable' ? found.problem : 'a folder is in its place';
}

function reasonOf(error: unknown): Reason {
  if (error instanceof SizeMismatchError || error instanceof IntegrityError) return 'damaged_file';
  if (error instanceof MissingFileError) return 'missing_file';
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EIO') return 'unusable_file';
  throw error;
}
