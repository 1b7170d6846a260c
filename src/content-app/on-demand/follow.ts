import type { ArtifactStore } from '../../platform/storage/artifact-store.ts';
import { GatheringFile } from '../../platform/storage/gathering.ts';
import type { Flight } from './flight.ts';

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
  let file = new GatheringFile(flight.path);
  let position = start;
  let held: Uint8Array | null = null;
  flight.join();
  try {
    while (end === null || position <= end) {
      const wasOver = flight.isOver;
      if (file.path !== flight.path) {
        // Another try, from the beginning; nothing has been passed on, or there would be none.
        await file.close();
        file = new GatheringFile(flight.path);
        position = start;
        held = null;
      }
      const chunk = await file.read(position, (end ?? Number.POSITIVE_INFINITY) + 1 - position);
      if (chunk) {
        if (held) yield passOn(flight, held);
        held = chunk;
        position += chunk.byteLength;
      } else if (wasOver) break;
      else await flight.change();
    }
    if (end !== null && held) {
      yield passOn(flight, held);
      return;
    }
    const sha256 = await flight.landed;
    if (held) yield held;
    // It went to its place before it could be opened where it gathered.
    if (!file.isOpen) yield* store.open(sha256, { start, end: Number.POSITIVE_INFINITY });
  } finally {
    flight.leave();
    await file.close();
  }
}

function passOn(flight: Flight, chunk: Uint8Array): Uint8Array {
  flight.passOn();
  return chunk;
}
