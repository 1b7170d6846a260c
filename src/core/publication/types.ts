import type { Json } from '../task/types.ts';

export interface PublicationRow {
  id: string;
  type: string;
  repository_version_id: string;
  publisher_id: string | null;
  /** Serves every artifact of its version under its own path. */
  pass_through: boolean;
  checkpoint: boolean;
  data: Record<string, Json>;
  created: string;
  updated: string;
}
