import type { Transaction } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { ArtifactRow } from '../artifact/types.ts';
import type { Json } from '../task/types.ts';
import type { TypeHooks } from '../tasks/hooks.ts';
import { storeContent } from './store.ts';

export interface NewUnit {
  type: string;
  relativePath: string;
  /** Null: those of a unit that exists already stay. */
  labels: Record<string, string | null> | null;
}

/** Makes the unit of one stored file, or finds the equal one; returns its id. 400 when the file is no such unit. */
export async function createUnit(
  tx: Transaction,
  hooks: TypeHooks,
  unit: NewUnit,
  artifact: Pick<ArtifactRow, 'sha256' | 'size'>,
): Promise<string> {
  const { type, relativePath } = unit;
  const attributes: Record<string, Json> = await hooks.describeUpload(tx, {
    type,
    relativePath,
    sha256: artifact.sha256,
    size: artifact.size,
  });
  const [id = ''] = await storeContent(tx, [
    {
      type,
      key: hooks.naturalKey(type).map((name) => String(attributes[name])),
      attributes,
      details: null,
      artifacts: [{ relative_path: relativePath, sha256: artifact.sha256, source: null }],
      origin: null,
    },
  ]);
  if (unit.labels !== null) {
    await tx.execute(sql`update content set labels = ${JSON.stringify(unit.labels)}::jsonb where id = ${id}`);
  }
  return id;
}
