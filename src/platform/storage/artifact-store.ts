import type { Readable } from 'node:stream';
import type { Digests } from '../crypto/digests.ts';

/** What the sender said about the bytes. Digests of any known algorithm may be expected, also of ones that are not kept. */
export interface Expected {
  size?: number | undefined;
  digests?: Digests | undefined;
}

export interface ReceiveOptions {
  expected?: Expected | undefined;
  signal?: AbortSignal | undefined;
  /** Told of the path at which the bytes gather while they come, for who reads along; a small file shows there late. */
  onPath?: ((path: string) => void) | undefined;
  /** Nobody reads at the path: tiny bodies stay in memory until they are committed. */
  lazy?: boolean | undefined;
}

export type Body = AsyncIterable<Uint8Array>;

/** Bytes that are complete and verified, but not yet where artifacts lie. */
export interface StagedFile {
  /** Path on disk, to be read (not changed) until `commit` or `discard`, unless the bytes are held in memory. */
  readonly path: string;
  /** Bytes that `commit` has yet to write. */
  readonly held: Uint8Array | null;
  readonly size: number;
  readonly sha256: string;
  /** The digests that the store keeps: exactly the allowed ones. */
  readonly digests: Digests;
  /** Resolves when the artifact is in place and would survive a power cut. Only then may a row say that it exists. */
  commit(): Promise<void>;
  /** Forgets the staged copy. Harmless after `commit`. Temporary files and uploads themselves stay. */
  discard(): Promise<void>;
}

export type AdoptMode = 'link' | 'reflink' | 'copy' | 'auto';

export interface AdoptedFile extends StagedFile {
  readonly method: 'link' | 'reflink' | 'copy';
}

/** Bytes to be read, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Where the bytes of artifacts, uploads and temporary files are. Errors are those of `errors.ts` or of the system. */
export interface ArtifactStore {
  /** Takes in a stream: verified as it comes, on disk when this resolves, durable only after `commit`. */
  receive(body: Body, options: ReceiveOptions): Promise<StagedFile>;
  /** Commits many at once for much less than one by one. When it rejects, none of them may be relied upon. */
  commitAll(staged: readonly StagedFile[]): Promise<void>;
  /**
   * Stages a file that lies elsewhere without moving its bytes if possible. `auto` tries a hard link, a reflink, a copy.
   * A hard link costs no space and no time, but shares the inode: whoever still writes to the old path changes the
   * artifact, and owner and mode stay those of the old file. Take `reflink` or `copy` while the old owner is at work.
   */
  adoptFile(path: string, mode: AdoptMode, expected: Expected): Promise<AdoptedFile>;

  /** A missing artifact shows as an ENOENT error of the stream. */
  open(sha256: string, range?: ByteRange): Readable;
  /** Null when there is none. */
  stat(sha256: string): Promise<{ size: number; modified: Date } | null>;
  exists(sha256: string): Promise<boolean>;
  /** Removing what is not there is fine. */
  remove(sha256: string): Promise<void>;
  /** sha256 of every artifact in place, in parts that each have the same first two digits. */
  list(): AsyncIterable<string[]>;
  /** Reads all bytes again. */
  verify(sha256: string): Promise<'intact' | 'damaged' | 'missing'>;

  /** Keeps bytes under a new id until `stageTemp` and `commit`, or `removeTemp`, also across processes. */
  createTemp(body: Body, options: ReceiveOptions): Promise<string>;
  openTemp(id: string): Readable;
  stageTemp(id: string, expected: Expected): Promise<StagedFile>;
  removeTemp(id: string): Promise<void>;
  /** Removes temporary files last changed before then, also those that a crash left behind. Returns how many. */
  sweepTemp(olderThan: Date): Promise<number>;

  /**
   * Writes a piece of an upload; several may be written at once and in any order. Returns its size in bytes, once durable.
   * A piece with expectations is checked before it touches the upload; one without is written as it comes, so that a
   * broken connection leaves part of it behind.
   */
  writeUploadChunk(uploadId: string, offset: number, body: Body, options: ChunkOptions): Promise<number>;
  /**
   * Stages all that was written; an upload that never got a byte is an empty file. With `keep` the upload can be used
   * again afterwards (its bytes are copied), without it `commit` takes the bytes away.
   */
  stageUpload(uploadId: string, options: { keep: boolean; expected: Expected }): Promise<StagedFile>;
  removeUpload(uploadId: string): Promise<void>;
  /** Removes uploads last written to before then. Returns how many. */
  sweepUploads(olderThan: Date): Promise<number>;
}

export interface ChunkOptions extends ReceiveOptions {
  /** More bytes than this end in a `SizeLimitError`. */
  maxSize?: number | undefined;
}
