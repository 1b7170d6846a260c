import type { Json } from '../task/types.ts';

export interface DistributionRow {
  id: string;
  type: string;
  name: string;
  base_path: string;
  hidden: boolean;
  checkpoint: boolean;
  publisher_id: string | null;
  repository_id: string | null;
  repository_version_id: string | null;
  publication_id: string | null;
  content_guard_id: string | null;
  labels: Record<string, string | null>;
  data: Record<string, Json>;
  created: string;
  updated: string;
}
