import type { DigestName } from '../crypto/digests.ts';

/** Base of what is wrong with bytes that were handed in. */
export class IntegrityError extends Error {}

export class SizeMismatchError extends IntegrityError {
  readonly expected: number;
  readonly actual: number;

  constructor(expected: number, actual: number) {
    super(`Expected ${expected} bytes, got ${actual}.`);
    this.expected = expected;
    this.actual = actual;
  }
}

export class DigestMismatchError extends IntegrityError {
  readonly algorithm: DigestName;
  readonly expected: string;
  readonly actual: string;

  constructor(algorithm: DigestName, expected: string, actual: string) {
    super(`Expected ${algorithm} ${expected}, got ${actual}.`);
    this.algorithm = algorithm;
    this.expected = expected;
    this.actual = actual;
  }
}

/** More bytes came than were allowed; reading stopped there. */
export class SizeLimitError extends IntegrityError {
  readonly limit: number;

  constructor(limit: number) {
    super(`More than ${limit} bytes.`);
    this.limit = limit;
  }
}

/** A staged, temporary or adopted file that is not there, or is no regular file. */
export class MissingFileError extends Error {}
