import type { Transaction } from '../../platform/postgres/database.ts';
import type { Services } from '../services.ts';
import type { Progress, ProgressOptions } from './progress.ts';

export type TaskState = 'waiting' | 'running' | 'canceling' | 'skipped' | 'completed' | 'failed' | 'canceled';

export const FINAL_STATES: readonly TaskState[] = ['completed', 'failed', 'canceled', 'skipped'];

/** What JSON can say: arguments and results of tasks. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface TaskFailure {
  description?: string;
  traceback?: string | null;
  error_code?: string;
  /** In place of a description, for cancels and lost workers. */
  reason?: string;
}

export interface TaskRow {
  id: string;
  seq: number;
  name: string;
  state: TaskState;
  arguments: string;
  immediate: boolean;
  logging_cid: string;
  created_by: number | null;
  parent_id: string | null;
  group_id: string | null;
  worker_id: string | null;
  unblocked_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  error: TaskFailure | null;
  result: Json;
  created_resources: string[];
  reserved_resources_record: string[];
  /** What is to be measured while it runs. */
  diagnostics: string[];
  created: string;
  updated: string;
}

/** A piece of work to be done later, once all its resources are free. */
export interface DispatchRequest {
  /** Of a registered definition. */
  name: string;
  args: { [key: string]: Json };
  /** PRNs, or texts beginning with "pdrn:". An exclusive entry hides the same shared one. */
  exclusive: readonly string[];
  shared: readonly string[];
  /** Short work that may run inside the request when its resources are free (v3-api.md 3.6). */
  immediate: boolean;
  createdBy: number | null;
  cid: string;
  parentId: string | null;
  groupId: string | null;
}

/** What a running task can do. */
export interface Job {
  readonly id: string;
  readonly row: TaskRow;
  readonly services: Services;
  /** Aborted when the task is cancelled or its worker stops. */
  readonly signal: AbortSignal;
  /** A folder of the task's own that goes with it. */
  workdir(): Promise<string>;
  /** Opens a progress report; see progress.ts. */
  progress(options: ProgressOptions): Promise<Progress>;
  /** Adds one to (or sets up) a report that all tasks of the group share; done inside the database. */
  groupProgress(code: string, message: string, increment: number): Promise<void>;
  /** Names something the task made, by PRN; shown as created_resources, in this order. */
  created(prn: string): void;
  /** Queues a child task. */
  dispatch(request: Omit<DispatchRequest, 'parentId' | 'groupId' | 'createdBy' | 'cid'>): Promise<TaskRow>;
}

export interface TaskDefinition {
  /** As clients filter by it: the dotted name that Pulp 3 uses. */
  name: string;
  /** The task's result. A thrown PulpError ends the task with its text and code. */
  run(job: Job, args: { [key: string]: Json }): Promise<Json>;
}

/** Told of ends of tasks, in the transaction that ends them, wherever they were dispatched from. */
export interface TaskObserver {
  names: ReadonlySet<string>;
  ended(tx: Transaction, task: TaskRow, services: Services): Promise<void>;
}
