export interface ArtifactRow {
  id: string;
  sha256: string;
  md5: string | null;
  sha1: string | null;
  sha224: string | null;
  sha384: string | null;
  sha512: string | null;
  size: number;
  created: string;
  updated: string;
  timestamp_of_interest: string;
}
