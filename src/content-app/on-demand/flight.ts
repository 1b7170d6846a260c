import type { OpenResponse } from '../../platform/download/downloader.ts';
import { DownloadError } from '../../platform/download/errors.ts';
import type { ArtifactStore, StagedFile } from '../../platform/storage/artifact-store.ts';
import { IntegrityError } from '../../platform/storage/errors.ts';
import type { Source } from './sources.ts';

/** What is left when the last reader goes is fetched all the same when it is at most this much, or half of the file. */
const WORTH_FINISHING = 64 * 1024 * 1024;
/** Tries per source while nothing has been passed on; what fails before its first byte is retried by the downloader. */
const TRIES = 2;
/** Readers are woken when bytes come, which is a moment before they can be read from the file. */
const LOOK_AGAIN_MS = 50;

export interface FlightPlan {
  store: ArtifactStore;
  sources: readonly Source[];
  open: (source: Source, signal: AbortSignal) => Promise<OpenResponse>;
  /** Told of a source that did not work, before the next one is asked. */
  failed: (source: Source, error: unknown) => Promise<void>;
  /** Keeps the verified bytes for good; they are only then said to have landed. */
  save: (staged: StagedFile) => Promise<void>;
}

/** The download of one file on its way into the store, whoever asked for it. It begins at once and needs nobody. */
export class Flight {
  /** Settles when a source begins to give bytes. Rejects when none does. */
  readonly begun: Promise<void>;
  /** Settles when the bytes are verified and saved: their sha256. */
  readonly landed: Promise<string>;
  /** Where the bytes gather; changes with every new try. */
  path = '';
  /** Of the whole file, if known. */
  size: number | null = null;
  isOver = false;

  readonly #plan: FlightPlan;
  readonly #controller = new AbortController();
  #begin: () => void = () => undefined;
  #received = 0;
  #readers = 0;
  #isPassedOn = false;
  #isKept = false;
  #waiting: (() => void)[] = [];

  constructor(plan: FlightPlan) {
    this.#plan = plan;
    const started = new Promise<void>((resolve) => {
      this.#begin = resolve;
    });
    this.landed = this.#run().finally(() => {
      this.isOver = true;
      this.#wakeReaders();
    });
    this.begun = Promise.race([started, this.landed.then(() => undefined)]);
    for (const promise of [this.begun, this.landed]) promise.catch(() => undefined);
  }

  /** Resolves when there may be more to read, or nothing more to come. */
  change(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_AGAIN_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Bytes are passed on: another try would not fit them, so this one must go well or the flight fails. */
  passOn(): void {
    this.#isPassedOn = true;
  }

  /** A reader more. The flight is given up with the last one, unless most of it is done. */
  join(): void {
    this.#readers += 1;
  }

  leave(): void {
    this.#readers -= 1;
    if (this.#readers > 0 || this.#isKept || this.isOver) return;
    const left = this.size === null ? Number.POSITIVE_INFINITY : this.size - this.#received;
    if (left > WORTH_FINISHING && left > this.#received)
      this.#controller.abort(new Error('Nobody wants the file now.'));
  }

  /** It goes on without readers. */
  keep(): void {
    this.#isKept = true;
  }

  async #run(): Promise<string> {
    let last: unknown = new Error('There is no source for the file.');
    for (const source of this.#plan.sources) {
      for (let tries = 0; tries < TRIES; tries += 1) {
        try {
          const staged = await this.#fetch(source);
          await this.#plan.save(staged);
          return staged.sha256;
        } catch (error) {
          last = error;
          if (this.#controller.signal.aborted) throw error;
          await this.#plan.failed(source, error);
          if (this.#isPassedOn) throw error;
          if (error instanceof DownloadError || error instanceof IntegrityError) break;
        }
      }
    }
    throw last;
  }

  async #fetch(source: Source): Promise<StagedFile> {
    const { signal } = this.#controller;
    const { body, headers } = await this.#plan.open(source, signal);
    this.size = source.size ?? lengthOf(headers['content-length']);
    this.#received = 0;
    this.#begin();
    return this.#plan.store.receive(this.#counted(body), {
      expected: { size: source.size ?? undefined, digests: source.digests },
      onPath: (path) => {
        this.path = path;
      },
    });
  }

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      this.#received += chunk.byteLength;
      this.#wakeReaders();
      yield chunk;
    }
  }

  #wakeReaders(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Null when it is not known. */
export function lengthOf(header: string | string[] | undefined): number | null {
  const length = Number(header ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}
