import type { Json } from '../task/types.ts';

/** The stored recipe of how a repository is published. */
export interface PublisherRow {
  id: string;
  type: string;
  name: string;
  repository_id: string;
  /** Publish after every sync that changed something. */
  autopublish: boolean;
  labels: Record<string, string | null>;
  data: Record<string, Json>;
  created: string;
  updated: string;
}
