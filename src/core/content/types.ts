import type { DigestName } from '../../platform/crypto/digests.ts';
import { hashText } from '../../platform/crypto/digests.ts';
import type { Json } from '../task/types.ts';

export interface ContentRow {
  id: string;
  type: string;
  digest: string;
  attributes: Record<string, Json>;
  details: Record<string, Json> | null;
  labels: Record<string, string | null>;
  created: string;
  updated: string;
  timestamp_of_interest: string;
}

export type Digests = Partial<Record<DigestName, string>>;

/** Where the bytes of a path can be had. */
export interface DeclaredSource {
  remote_id: string;
  url: string;
  size: number | null;
  digests: Digests;
}

/** One file of a unit: stored already (sha256 of an artifact), or to be fetched from its source when asked for. */
export interface DeclaredArtifact {
  relative_path: string;
  sha256: string | null;
  source: DeclaredSource | null;
}

/** A unit as a plugin, an upload or a migration found it. */
export interface DeclaredContent {
  type: string;
  /** Values of the natural key, in the order of the type's declaration. */
  key: readonly string[];
  attributes: Record<string, Json>;
  details: Record<string, Json> | null;
  artifacts: readonly DeclaredArtifact[];
  /** For what had a life elsewhere: taken when the unit is new. */
  origin: { id: string; created: string } | null;
}

/** The digest that makes a unit unique within its type. */
export function contentDigest(key: readonly string[]): string {
  return hashText('sha256', JSON.stringify(key));
}
