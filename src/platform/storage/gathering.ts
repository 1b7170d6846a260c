import { type FileHandle, open } from 'node:fs/promises';
import { absent, READ_SIZE } from './place.ts';

/** Reads along in a file that is still being received (see ReceiveOptions.onPath). */
export class GatheringFile {
  /** Where the bytes gather. */
  readonly path: string;
  #file: FileHandle | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether it was ever there to be read; it stays readable when it is moved or removed then. */
  get isOpen(): boolean {
    return this.#file !== null;
  }

  /** At most `length` bytes of what there is from `position` on; null when there is nothing yet. */
  async read(position: number, length: number): Promise<Uint8Array | null> {
    this.#file ??= await open(this.path, 'r').catch(absent);
    if (!this.#file) return null;
    const size = Math.min(length, READ_SIZE);
    const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(size), 0, size, position);
    return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}
