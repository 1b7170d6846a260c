/**
 * CRC-64 (ECMA-182, reflected), the checksum of collections in a mongodump archive.
 * Two 32-bit halves and eight tables: BigInt would be fifty times slower.
 */
const POLYNOMIAL_HIGH = 0xc96c5795;
const POLYNOMIAL_LOW = 0xd7870f42;

function makeTables(): { low: Uint32Array; high: Uint32Array } {
  const low = new Uint32Array(8 * 256);
  const high = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = ((l >>> 1) | (h << 31)) >>> 0;
      h = h >>> 1;
      if (odd) {
        l = (l ^ POLYNOMIAL_LOW) >>> 0;
        h = (h ^ POLYNOMIAL_HIGH) >>> 0;
      }
    }
    low[byte] = l;
    high[byte] = h;
  }
  for (let index = 256; index < 8 * 256; index++) {
    const l = low[index - 256] as number;
    const h = high[index - 256] as number;
    low[index] = ((l >>> 8) | (h << 24)) ^ (low[l & 0xff] as number);
    high[index] = (h >>> 8) ^ (high[l & 0xff] as number);
  }
  return { low, high };
}

const { low: LOW, high: HIGH } = makeTables();

/** A running checksum. */
export class Crc64 {
  #low = 0xffffffff;
  #high = 0xffffffff;

  update(bytes: Uint8Array, start: number, end: number): void {
    let l = this.#low | 0;
    let h = this.#high | 0;
    let at = start;
    for (; at + 8 <= end; at += 8) {
      l ^= word(bytes, at);
      h ^= word(bytes, at + 4);
      const a = 1792 + (l & 0xff);
      const b = 1536 + ((l >>> 8) & 0xff);
      const c = 1280 + ((l >>> 16) & 0xff);
      const d = 1024 + (l >>> 24);
      const e = 768 + (h & 0xff);
      const f = 512 + ((h >>> 8) & 0xff);
      const g = 256 + ((h >>> 16) & 0xff);
      const i = h >>> 24;
      l = entry(LOW, a) ^ entry(LOW, b) ^ entry(LOW, c) ^ entry(LOW, d);
      l ^= entry(LOW, e) ^ entry(LOW, f) ^ entry(LOW, g) ^ entry(LOW, i);
      h = entry(HIGH, a) ^ entry(HIGH, b) ^ entry(HIGH, c) ^ entry(HIGH, d);
      h ^= entry(HIGH, e) ^ entry(HIGH, f) ^ entry(HIGH, g) ^ entry(HIGH, i);
    }
    for (; at < end; at++) {
      const index = (l ^ (bytes[at] as number)) & 0xff;
      l = ((l >>> 8) | (h << 24)) ^ entry(LOW, index);
      h = (h >>> 8) ^ entry(HIGH, index);
    }
    this.#low = l;
    this.#high = h;
  }

  /** The checksum so far as a signed 64-bit number, as the archive stores it. */
  value(): bigint {
    const high = BigInt((this.#high ^ -1) >>> 0);
    const low = BigInt((this.#low ^ -1) >>> 0);
    return BigInt.asIntN(64, (high << 32n) | low);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function entry(table: Uint32Array, index: number): number {
  return table[index] as number;
}
