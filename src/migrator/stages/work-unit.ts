import type { Json } from '../../core/task/types.ts';

/** A row of migration_unit. */
export type WorkUnit = {
  id: string;
  type: string;
  relative_path: string;
  attributes: Record<string, Json>;
  sha256: string;
  size: number;
  path: string;
  catalogued: boolean;
  downloaded: boolean;
  last_updated: string | null;
  user_metadata: Record<string, Json>;
  kept: Record<string, Json>;
  content_id: string | null;
};
