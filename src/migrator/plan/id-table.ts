import { hashText } from '../../platform/crypto/digests.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WORDS = 4;

/**
 * Numbers unit ids 0, 1, 2 … in the order they come. Open addressing over typed arrays: 20 bytes for each place, of
 * which at most half are taken, where a Map of texts needs about 150. Ids that are no UUIDs go by their digest.
 */
export class IdTable {
  #keys = new Uint32Array(1024 * WORDS);
  #numbers = new Int32Array(1024).fill(-1);
  #size = 0;
  /** Holds one key within one call. */
  readonly #scratch = new Uint32Array(WORDS);

  get size(): number {
    return this.#size;
  }

  /** The id's number; a new id gets the next one. */
  add(id: string): number {
    if (this.#size * 2 >= this.#numbers.length) this.#grow();
    const place = this.#placeOf(id);
    const known = this.#numbers[place] ?? -1;
    if (known >= 0) return known;
    this.#keys.set(this.#scratch, place * WORDS);
    this.#numbers[place] = this.#size;
    return this.#size++;
  }

  /** The id's number, or −1. */
  find(id: string): number {
    return this.#numbers[this.#placeOf(id)] ?? -1;
  }

  #placeOf(id: string): number {
    toWords(id, this.#scratch);
    return this.#place(this.#scratch);
  }

  /** Where the key is, or where it would go. UUIDs of version 4 are random: two of their words are the hash. */
  #place(key: Uint32Array): number {
    const mask = this.#numbers.length - 1;
    let place = ((key[0] ?? 0) ^ (key[3] ?? 0)) & mask;
    while ((this.#numbers[place] ?? -1) >= 0 && !this.#matches(place, key)) place = (place + 1) & mask;
    return place;
  }

  #matches(place: number, key: Uint32Array): boolean {
    const at = place * WORDS;
    const keys = this.#keys;
    return keys[at] === key[0] && keys[at + 1] === key[1] && keys[at + 2] === key[2] && keys[at + 3] === key[3];
  }

  #grow(): void {
    const keys = this.#keys;
    const numbers = this.#numbers;
    this.#keys = new Uint32Array(keys.length * 2);
    this.#numbers = new Int32Array(numbers.length * 2).fill(-1);
    for (let old = 0; old < numbers.length; old++) {
      const number = numbers[old] ?? -1;
      if (number < 0) continue;
      const key = keys.subarray(old * WORDS, (old + 1) * WORDS);
      const place = this.#place(key);
      this.#keys.set(key, place * WORDS);
      this.#numbers[place] = number;
    }
  }
}

function toWords(id: string, words: Uint32Array): void {
  const hex = UUID.test(id) ? id : asUuid(hashText('md5', id));
  words[0] = Number.parseInt(hex.slice(0, 8), 16);
  words[1] = Number.parseInt(hex.slice(9, 13), 16) * 65536 + Number.parseInt(hex.slice(14, 18), 16);
  words[2] = Number.parseInt(hex.slice(19, 23), 16) * 65536 + Number.parseInt(hex.slice(24, 28), 16);
  words[3] = Number.parseInt(hex.slice(28), 16);
}

function asUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
