export interface UploadRow {
  id: string;
  /** Null: not announced. */
  size: number | null;
  created_by: number | null;
  created: string;
  updated: string;
}
