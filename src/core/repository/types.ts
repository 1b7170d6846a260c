import type { Json } from '../task/types.ts';

export interface RepositoryRow {
  id: string;
  type: string;
  name: string;
  description: string | null;
  labels: Record<string, string | null>;
  retain_repo_versions: number | null;
  retain_checkpoints: number | null;
  remote_id: string | null;
  /** Of an alternate content source, and in nobody's lists. */
  hidden: boolean;
  next_version: number;
  content_added_at: string | null;
  content_removed_at: string | null;
  data: Record<string, Json>;
  created: string;
  updated: string;
}

/** Number of units by content type. */
export type Counts = Record<string, number>;

export interface RepositoryVersionRow {
  id: string;
  repository_id: string;
  number: number;
  base_version_id: string | null;
  content_counts: { added: Counts; removed: Counts; present: Counts };
  created: string;
  updated: string;
}

/** What makes two units of a type rivals: a version holds one of each key (v3-api.md 2.3, "unique paths"). */
export interface RepositoryKey {
  type: string;
  /** Names of attributes. */
  fields: readonly string[];
}
