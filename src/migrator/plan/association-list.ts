const HIGH = 2 ** 32;

/**
 * Pairs of (repository, unit) numbers, eight bytes each: five million fit in 64 MiB. Repository numbers must stay below
 * 2^21, so that a pair is exact in a double.
 */
export class AssociationList {
  #pairs = new Float64Array(1024);
  #size = 0;

  add(repository: number, unit: number): void {
    if (this.#size === this.#pairs.length) {
      const bigger = new Float64Array(this.#pairs.length * 2);
      bigger.set(this.#pairs);
      this.#pairs = bigger;
    }
    this.#pairs[this.#size++] = repository * HIGH + unit;
  }

  /** The distinct units of each repository, with the number of pairs that were there more than once. */
  *byRepository(): Generator<{ repository: number; units: number[]; duplicates: number }> {
    const pairs = this.#pairs.subarray(0, this.#size).sort();
    let repository = -1;
    let units: number[] = [];
    let duplicates = 0;
    for (const pair of pairs) {
      const owner = Math.floor(pair / HIGH);
      const unit = pair - owner * HIGH;
      if (owner !== repository) {
        if (repository >= 0) yield { repository, units, duplicates };
        repository = owner;
        units = [];
        duplicates = 0;
      } else if (units[units.length - 1] === unit) {
        duplicates++;
        continue;
      }
      units.push(unit);
    }
    if (repository >= 0) yield { repository, units, duplicates };
  }
}
