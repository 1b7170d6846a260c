import type { DeclaredSource } from '../../core/content/types.ts';
import { PulpError } from '../../core/errors.ts';
import type { DownloadError } from '../../platform/download/errors.ts';

/** A file that its remote lacks, or has other bytes of. */
export interface MissedFile {
  source: DeclaredSource;
  error: DownloadError;
}

/** Ends a sync that took everything but these files. */
export class FilesMissed extends PulpError {
  readonly files: readonly MissedFile[];

  constructor(files: readonly MissedFile[]) {
    super('task', `Could not be synchronized: ${files.map(({ source }) => source.url).join(', ')}`);
    this.files = files;
  }
}
