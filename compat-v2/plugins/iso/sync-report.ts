import { STATUS_CODES } from 'node:http';
import type { Job } from '../../../src/core/task/types.ts';
import { DownloadError } from '../../../src/platform/download/errors.ts';
import { DigestMismatchError } from '../../../src/platform/storage/errors.ts';
import { FilesMissed, type MissedFile } from '../../../src/plugin/sync/missed-files.ts';
import { executionError, type V2Error } from '../../errors.ts';
import type { JsonObject } from '../../operation.ts';
import { pyRepr } from '../../wire/python.ts';
import type { Downloaded, SyncReporter } from '../behaviour.ts';
import { stamp } from '../stages.ts';
import { wrongChecksum } from './uploaded-unit.ts';

/** Once this is complete, the manifest is known to be right as a whole, and files are fetched. */
const PARSING = 'sync.parsing.metadata';
const FETCHING = 'sync.downloading.artifacts';
const SAVE_MS = 2000;

/** `progress_report.iso_importer`, which is also the summary of the sync's history (v2-plugins.md 1.8.1). */
export function createSyncReport(save: (report: JsonObject) => Promise<void>): SyncReporter {
  let report: JsonObject = {
    error_message: null,
    traceback: null,
    finished_bytes: 0,
    num_isos: null,
    state: 'not_started',
    total_bytes: null,
    state_times: { not_started: stamp() },
    num_isos_finished: 0,
    iso_error_messages: [],
  };
  let savedAt = 0;

  async function enter(state: string, members: JsonObject = {}): Promise<void> {
    report = { ...report, ...members, state, state_times: { ...(report.state_times as JsonObject), [state]: stamp() } };
    savedAt = Date.now();
    await save(report);
  }

  function count(done: number): void {
    report = { ...report, num_isos_finished: Number(report.num_isos_finished) + done };
    if (Date.now() - savedAt < SAVE_MS) return;
    savedAt = Date.now();
    // Never the reason why a sync fails: its end is saved with errors shown.
    save(report).catch(() => undefined);
  }

  return {
    begin: () => enter('manifest_in_progress'),
    watch: (job) => watchJob(job, () => enter('isos_in_progress'), count),
    async complete(downloaded) {
      await enter('complete', downloadedMembers(downloaded));
      return report;
    },
    async cancel() {
      await enter('cancelled');
      return report;
    },
    async fail(error, downloaded) {
      const inManifest = report.state === 'manifest_in_progress';
      const failure = inManifest ? manifestFailure(error) : filesFailure(error, downloaded);
      await enter(inManifest ? 'manifest_failed' : 'isos_failed', failure.members);
      return { summary: report, error: failure.error, indicated: inManifest };
    },
  };
}

/** A job that tells when the manifest has been read, and how many files were fetched. */
function watchJob(job: Job, onParsed: () => Promise<void>, onFetched: (count: number) => void): Job {
  return {
    ...job,
    async progress(options) {
      const progress = await job.progress(options);
      if (options.code === PARSING) return { ...progress, complete: () => progress.complete().then(onParsed) };
      if (options.code !== FETCHING) return progress;
      return {
        ...progress,
        add(count) {
          progress.add(count);
          onFetched(count);
        },
      };
    },
  };
}

function downloadedMembers(downloaded: Downloaded | null): JsonObject {
  if (!downloaded) return { num_isos: null, total_bytes: null, num_isos_finished: 0, finished_bytes: 0 };
  const { count, bytes } = downloaded;
  return { num_isos: count, total_bytes: bytes, num_isos_finished: count, finished_bytes: bytes };
}

type Failure = { readonly members: JsonObject; readonly error: V2Error };

/** What the original made of a failed answer, or the text that says what is wrong with the manifest. */
function manifestFailure(error: Error): Failure {
  return {
    members: { error_message: answerOf(error) ?? error.message },
    error: executionError('Importer indicated a failed response'),
  };
}

/** The task's text is the list of what failed, as Python printed it. What came before is in the repository. */
function filesFailure(error: Error, { count, bytes }: Downloaded): Failure {
  const files = error instanceof FilesMissed ? error.files.map(missedFile) : [failedFile(error)];
  const wanted =
    error instanceof FilesMissed ? error.files.reduce((sum, { source }) => sum + (source.size ?? 0), 0) : 0;
  const members = {
    iso_error_messages: files,
    num_isos: count + files.length,
    num_isos_finished: count,
    total_bytes: bytes + wanted,
    finished_bytes: bytes,
  };
  const printed = files.map(({ name, error: reason }) => `{'name': ${pyRepr(name)}, 'error': ${printReason(reason)}}`);
  return { members, error: executionError(`[${printed.join(', ')}]`) };
}

type FailedFile = { readonly name: string; readonly error: string | Answer };

function failedFile(error: Error): FailedFile {
  return { name: fileName(downloadError(error)?.url ?? ''), error: answerOf(error) ?? error.message };
}

/** Bytes that are wrong are told in the words that refuse an upload of them. */
function missedFile({ source, error }: MissedFile): FailedFile {
  const name = fileName(source.url);
  const { cause } = error;
  if (cause instanceof DigestMismatchError) return { name, error: wrongChecksum(name, cause.expected, cause.actual) };
  return { name, error: answerOf(error) ?? error.message };
}

/** Keys are byte strings in these places, values of the manifest unicode ones. */
function printReason(reason: string | Answer): string {
  if (typeof reason === 'string') return pyRepr(reason).slice(1);
  return `{'response_code': ${reason.response_code}, 'response_msg': ${pyRepr(reason.response_msg).slice(1)}}`;
}

type Answer = { readonly response_code: number; readonly response_msg: string };

function answerOf(error: Error): Answer | null {
  const status = downloadError(error)?.status ?? null;
  return status === null ? null : { response_code: status, response_msg: STATUS_CODES[status] ?? '' };
}

function downloadError(error: Error): DownloadError | null {
  const chain = [error, error.cause];
  return chain.find((entry): entry is DownloadError => entry instanceof DownloadError) ?? null;
}

function fileName(url: string): string {
  return decodeURI(url.split(/[?#]/, 1)[0]?.split('/').at(-1) ?? '');
}
