import { type FileHandle, open } from 'node:fs/promises';
import type { ArtifactStore } from '../../platform/storage/artifact-store.ts';
import type { Flight } from './flight.ts';

const CHUNK = 262_144;

/**
 * Reads a file along while it comes, from `start` on, to `end` or to its own end (null). The last piece before the file's
 * end is held back until everything is verified and saved: who got all bytes got the right ones. Rejects when the flight
 * fails.
 */
export async function* follow(
  store: ArtifactStore,
  flight: Flight,
  start: number,
  end: number | null,
): AsyncGenerator<Uint8Array> {
  const reader = new FlightReader(flight, start, end);
  let held: Uint8Array | null = null;
  flight.join();
  try {
    for (;;) {
      const wasOver = flight.isOver;
      const chunk = await reader.read();
      if (chunk === 'restarted') held = null;
      else if (chunk) {
        if (held) yield passOn(flight, held);
        held = chunk;
        if (reader.isDone()) break;
      } else if (wasOver) break;
      else await flight.change();
    }
    if (end !== null && held) {
      yield passOn(flight, held);
      return;
    }
    const sha256 = await flight.landed;
    if (held) yield held;
    // The file went to its place before it could be opened where it gathered.
    if (!reader.isOpen()) yield* store.open(sha256, { start, end: Number.POSITIVE_INFINITY });
  } finally {
    flight.leave();
    await reader.close();
  }
}

function passOn(flight: Flight, chunk: Uint8Array): Uint8Array {
  flight.passOn();
  return chunk;
}

/** The gathering file of a flight. A new try has a new file, which is read from the start again. */
class FlightReader {
  readonly #flight: Flight;
  readonly #start: number;
  readonly #end: number | null;
  #position: number;
  #file: FileHandle | null = null;
  #path = '';

  constructor(flight: Flight, start: number, end: number | null) {
    this.#flight = flight;
    this.#start = start;
    this.#end = end;
    this.#position = start;
  }

  isOpen(): boolean {
    return this.#file !== null;
  }

  isDone(): boolean {
    return this.#end !== null && this.#position > this.#end;
  }

  /** What there is now, null for nothing; 'restarted' when what was read before is void. */
  async read(): Promise<Uint8Array | 'restarted' | null> {
    if (this.#file && this.#path !== this.#flight.path) {
      await this.close();
      this.#position = this.#start;
      return 'restarted';
    }
    if (!this.#file) await this.#open();
    if (!this.#file) return null;
    const length = this.#end === null ? CHUNK : Math.min(CHUNK, this.#end + 1 - this.#position);
    const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, this.#position);
    this.#position += bytesRead;
    return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  async #open(): Promise<void> {
    this.#path = this.#flight.path;
    try {
      this.#file = await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
