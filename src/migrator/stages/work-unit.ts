/** What has to be known of a row of migration_unit to find its bytes; all else of it stays in the database. */
export type WorkUnit = {
  number: number;
  relative_path: string;
  sha256: string;
  size: number;
  path: string;
  /** A URL of its bytes is known. */
  catalogued: boolean;
  downloaded: boolean;
  content_id: string | null;
};
