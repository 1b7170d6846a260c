/** An alternate content source: a remote that may have what other remotes list. */
export interface AcsRow {
  id: string;
  type: string;
  name: string;
  remote_id: string;
  last_refreshed: string | null;
  created: string;
  updated: string;
}

/** Below the remote's URL; '' is the URL itself. */
export interface AcsPathRow {
  id: string;
  source_id: string;
  path: string;
  /** Hidden; null until the path is refreshed. */
  repository_id: string | null;
}
