/** A document as MongoDB held it: absent and null mean the same (mongoengine omits empty members). */
export type V2Document = Record<string, unknown>;

export type CollectionInfo = {
  readonly name: string;
  readonly documents?: number;
  readonly bytes?: number;
  /** Equal fingerprints mean equal content in equal order; undefined where that cannot be known without reading. */
  readonly fingerprint?: string;
};

/** One Pulp 2 database to read from, whatever it lies in. */
export interface V2Source {
  /** What it is, in words for people: kind, place, versions. Holds no secret. */
  describe(): string;
  /** Things that are odd but not fatal, such as a missing metadata file. */
  warnings(): readonly string[];
  collections(): Promise<readonly CollectionInfo[]>;
  /** The documents of one collection, in batches of bounded size. An unknown collection is an empty one. */
  read(collection: string): AsyncIterable<readonly V2Document[]>;
  close(): Promise<void>;
}

/** The source cannot be read: the message names file, place and cause. Nothing was written when it is thrown. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}
