import { createInterface } from 'node:readline/promises';
import type { MigrationRow } from '../migrator/ledger.ts';
import { formatBytes, formatSeconds } from '../migrator/plan/render-plan.ts';
import type { Verification } from '../migrator/verify/types.ts';

const TTY_MS = 200;
const LOG_MS = 5000;

export interface ProgressDisplay {
  tell(stage: string, done: number, total: number | null, bytes: number): void;
  end(): void;
}

/** Shows progress with rate and remaining time: one line that changes on a terminal, else a line every five seconds. */
export function showProgress(out: NodeJS.WriteStream): ProgressDisplay {
  let stage = '';
  let startedAt = 0;
  let shownAt = 0;
  return {
    tell(next, done, total, bytes) {
      const now = Date.now();
      const changed = next !== stage;
      if (changed) {
        stage = next;
        startedAt = now;
      }
      if (!changed && done !== total && now - shownAt < (out.isTTY ? TTY_MS : LOG_MS)) return;
      shownAt = now;
      const line = progressLine(stage, done, total, bytes, (now - startedAt) / 1000);
      out.write(out.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
    },
    end() {
      if (out.isTTY && stage !== '') out.write('\r\u001b[2K');
    },
  };
}

function progressLine(stage: string, done: number, total: number | null, bytes: number, seconds: number): string {
  const rate = seconds > 0.5 ? done / seconds : 0;
  const parts = [`${stage}: ${done}${total === null ? '' : ` of ${total}`}`];
  if (rate >= 1) parts.push(`${Math.round(rate)}/s`);
  if (bytes > 0) parts.push(formatBytes(bytes));
  if (total !== null && rate > 0 && done < total) parts.push(`${formatSeconds((total - done) / rate)} left`);
  return parts.join(', ');
}

/** Asks on a terminal; anywhere else nobody is there to be asked. */
export async function askToGoOn(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

export function renderStatus(migration: MigrationRow): string {
  const { state, stage, done, total, error } = migration;
  const where = state === 'running' ? `, ${stage}: ${done}${total === null ? '' : ` of ${total}`}` : '';
  return [
    `Migration ${migration.id}: ${state}${where}`,
    `Source   ${migration.source}`,
    `Started  ${migration.created}`,
    ...(migration.finished === null ? [`Changed  ${migration.updated}`] : [`Finished ${migration.finished}`]),
    ...(error === null ? [] : [`Error    ${error}`]),
  ].join('\n');
}

const MOST_PROBLEMS = 50;

export function renderVerification(found: Verification): string {
  const { problems } = found;
  return [
    `${found.repositories} repositories hold their ${found.memberships} units`,
    `${found.files} files (${formatBytes(found.bytes)}) read and hashed`,
    `${found.paths} published paths compared`,
    ...problems.slice(0, MOST_PROBLEMS).map(({ check, text }) => `  ${check}: ${text}`),
    ...(problems.length > MOST_PROBLEMS ? [`  … and ${problems.length - MOST_PROBLEMS} more`] : []),
    problems.length === 0 ? 'Everything is as the source says.' : `${problems.length} problems.`,
  ].join('\n');
}
